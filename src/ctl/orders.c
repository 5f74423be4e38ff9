/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that are sent as they are, and say no more than that it is done. */
#include "ctl/orders.h"

#include <stdio.h>

#include "ctl/ask.h"
#include "ctl/commands.h"
#include "ctl/show.h"

#define WORKERS_MOST 10000

static bool is_word(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static int refuse_length(const struct args *a)
{
	return ask_fail(a, CTL_USAGE, "usage",
	    "the arguments are longer than a command may be");
}

int orders_format(char to[CTL_COMMAND_MAX], const struct args *a,
    const char *name)
{
	size_t n = (size_t)snprintf(to, CTL_COMMAND_MAX, "%s", name);

	for (unsigned i = 0; i < a->nwords; i++) {
		if (!is_word(a->words[i]))
			return ask_fail(a, CTL_USAGE, "usage", "an argument "
			    "is empty, or has a blank in it: \"%s\"",
			    a->words[i]);
		n += (size_t)snprintf(to + n, CTL_COMMAND_MAX - n, " %s",
		    a->words[i]);
		if (n >= CTL_COMMAND_MAX)
			return refuse_length(a);
	}
	return CTL_FINE;
}

int orders_send(const struct args *a, const char *command)
{
	struct answer answer;
	struct record r;
	int code = ask(&answer, a, command);

	if (code != CTL_FINE)
		return code;
	for (unsigned i = 0; i < answer.nlines; i++) {
		answer_record(&answer, i, &r);
		if (!record_is(&r, "text"))
			continue;
		show_plain(stderr, r.fields[0].text);
		fputs("\n", stderr);
	}
	answer_fini(&answer);
	return CTL_FINE;
}

static int send_command(const struct args *a, const char *command)
{
	int code = orders_send(a, command);

	return code == CTL_FINE ? ask_done(a) : code;
}

int orders_plain(const struct args *a)
{
	char command[CTL_COMMAND_MAX];
	int code = orders_format(command, a, a->command->name);

	return code == CTL_FINE ? send_command(a, command) : code;
}

int orders_check_backend(const struct args *a)
{
	struct slice rest = slice_str(a->words[0]);
	struct slice pool = slice_cut(&rest, '/');

	if (pool.n && rest.p && rest.n)
		return CTL_FINE;
	return ask_fail(a, CTL_USAGE, "usage",
	    "\"%s\" should be POOL/NAME, as porticoctl status shows them",
	    a->words[0]);
}

int orders_backend(const struct args *a)
{
	int code = orders_check_backend(a);

	return code == CTL_FINE ? orders_plain(a) : code;
}

int orders_stop(const struct args *a)
{
	return send_command(a, a->given & ARGS_GRACEFUL ? "stop graceful"
	    : "stop");
}

static bool read_range(struct slice text, uint64_t *min, uint64_t *max)
{
	struct slice rest = text, first = slice_cut(&rest, '.');

	if (!slice_u64(first, min))
		return false;
	if (rest.p == NULL)
		*max = *min;
	else if (rest.n < 2 || rest.p[0] != '.'
	    || !slice_u64(slice_make(rest.p + 1, rest.n - 1), max))
		return false;
	return *min > 0 && *min <= *max && *max <= WORKERS_MOST;
}

int orders_workers(const struct args *a)
{
	char command[CTL_COMMAND_MAX];
	uint64_t min, max;

	if (!read_range(slice_str(a->words[0]), &min, &max))
		return ask_fail(a, CTL_USAGE, "usage", "\"%s\" should be a "
		    "number of workers, or the least and the most, as 4..16",
		    a->words[0]);
	snprintf(command, sizeof command, "workers %u %u", (unsigned)min,
	    (unsigned)max);
	return send_command(a, command);
}
