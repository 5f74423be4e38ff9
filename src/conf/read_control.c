/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of what the master keeps beside it: commands, changes, resolvers. */
#include <errno.h>
#include <sys/stat.h>

#include "conf/heap.h"
#include "conf/read.h"

#define MODE_OWNER 0600u

void read_folder(struct load *l, const struct spot *at)
{
	const char *text = spot_is_false(at) ? NULL : spot_text(l, at);
	const char *path = text && *text ? read_beside(l, at, text) : NULL;
	struct stat st;

	if (text && *text == '\0')
		spot_bad(l, at, "is empty; write the name of a folder, or "
		    "false");
	else if (path && stat(path, &st) != 0)
		spot_bad(l, at, "is \"%s\", which cannot be used: %s", text,
		    strerror(errno));
	else if (path && !S_ISDIR(st.st_mode))
		spot_bad(l, at, "is \"%s\", which is no folder", text);
	*(const char **)spot_target(at) = path;
}

/* "" is the word for none: it is not the default. */
void read_control(struct load *l, const struct spot *at)
{
	struct spot socket = *at;

	if (spot_is_false(at)) {
		l->conf->control.path = "";
	} else if (spot_is_text(at)) {
		socket.key = keyword_find("control", "socket");
		read_socket(l, &socket);
	} else if (spot_is_group(at)) {
		read_group_into(l, at, l->conf);
	} else {
		spot_bad(l, at, "must be a path, a group, control = { socket = "
		    "\"/run/portico.sock\"; };, or false");
	}
}

void read_socket(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);
	struct addr a;

	if (text == NULL)
		return;
	if (*text != '/')
		spot_bad(l, at, "is \"%s\"; it must be an absolute path", text);
	else if (strlen(text) >= sizeof a.un.sun_path)
		spot_bad(l, at, "has %zu bytes; the path of a unix socket "
		    "has %zu at most", strlen(text),
		    sizeof a.un.sun_path - 1);
	*(const char **)spot_target(at) = text;
}

static bool parse_mode(const char *text, unsigned *mode)
{
	size_t n = strlen(text);

	*mode = 0;
	if (n < 3 || n > 4 || (n == 4 && text[0] != '0'))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '7')
			return false;
		*mode = *mode * 8 + (unsigned)(*text - '0');
	}
	return true;
}

void read_mode(struct load *l, const struct spot *at)
{
	unsigned *to = spot_target(at);
	const char *text = spot_text(l, at);

	if (text == NULL)
		return;
	if (!parse_mode(text, to))
		spot_bad(l, at, "is \"%s\"; write it in octal digits, as "
		    "\"0660\"", text);
	else if ((*to & MODE_OWNER) != MODE_OWNER)
		spot_bad(l, at, "is \"%s\"; its owner must be able to read and "
		    "to write, as by \"0600\"", text);
	else if (*to & 2)
		spot_warn(l, at, "is \"%s\": every user of this machine may "
		    "command", text);
}

static bool parse_resolver(struct slice text, struct addr *a)
{
	if (slice_starts(text, SLICE("*"))
	    || slice_starts(text, SLICE("unix:")))
		return false;
	if (!addr_parse_ip(text, a))
		return addr_parse(text, 53, a) == NULL;
	/* An IPv6 address alone is clear where a port is so rare. */
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(53);
	else
		a->in6.sin6_port = htons(53);
	return true;
}

void read_resolvers(struct load *l, const struct spot *at)
{
	struct conf *conf = l->conf;
	unsigned n = spot_count(l, at);

	conf->resolvers = heap_alloc(conf, n, sizeof *conf->resolvers);
	conf->nresolvers = 0;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		const char *text = spot_text(l, &item);
		if (text == NULL)
			continue;
		if (parse_resolver(slice_str(text),
		    &conf->resolvers[conf->nresolvers]))
			conf->nresolvers++;
		else
			spot_bad(l, &item, "has \"%s\", which is no address "
			    "of a DNS server; write \"127.0.0.1\" or "
			    "\"[::1]:53\"", text);
	}
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for those of "
		    "resolv.conf");
}
