# SPDX-License-Identifier: BSD-2-Clause
# Completion of porticoctl(8) for bash.
_porticoctl_commands()
{
	porticoctl -h | sed -n 's/^  \([a-z]\{2,\}\( [a-z]\{2,\}\)\?\).*/\1/p'
}

# Pools, or backends, of the master that runs.
_porticoctl_pools()
{
	porticoctl status 2>/dev/null | awk '$1 == "POOL" { on = 1; next }
	    NF == 0 { on = 0 } on { print $1 }'
}

_porticoctl_backends()
{
	porticoctl status 2>/dev/null | awk '$1 == "BACKEND" { on = 1; next }
	    NF == 0 { on = 0 } on { print $1 }'
}

_porticoctl()
{
	local word=${COMP_WORDS[COMP_CWORD]} words=
	local line=${COMP_WORDS[*]:1:COMP_CWORD-1}

	case $line in
	*-s | *-c)
		COMPREPLY=($(compgen -f -- "$word"))
		return ;;
	'' | -*)
		words=$(_porticoctl_commands | cut -d ' ' -f 1)
		words="$words -s -c --json" ;;
	backend | config)
		words=$(_porticoctl_commands | sed -n "s/^$line //p") ;;
	'backend add')
		words=$(_porticoctl_pools) ;;
	'backend drain'* | 'backend disable'* | drain*)
		words="--wait $(_porticoctl_backends)" ;;
	backend\ [erw]*)
		words=$(_porticoctl_backends) ;;
	status)
		words="$(_porticoctl_pools) $(_porticoctl_backends)" ;;
	stop)
		words=--graceful ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _porticoctl porticoctl
