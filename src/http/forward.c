/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads X-Forwarded-For and Forwarded from the right, and writes the latter. */
#include "http/forward.h"

#include "http/field.h"
#include "http/token.h"

/* Without a port. A bare IPv6 address has colons and no brackets, so that
 * what follows them is no port. */
static struct slice without_port(struct slice s)
{
	const char *colon;

	if (s.n > 0 && s.p[0] == '[') {
		const char *close = memchr(s.p, ']', s.n);
		size_t n = close ? (size_t)(close - s.p) + 1 : s.n;

		return n == s.n || s.p[n] == ':' ? slice_make(s.p, n) : s;
	}
	colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	if (!colon || memchr(colon + 1, ':', (size_t)(s.p + s.n - colon) - 1))
		return s;
	return slice_make(s.p, (size_t)(colon - s.p));
}

static bool parse_node(struct slice s, struct addr *out)
{
	s = without_port(s);
	return s.n > 0 && addr_parse_ip(s, out);
}

/* The last element of *rest, which is cut off with its comma. Quotes are not
 * looked at: the caller refuses elements with half of a quoted string. */
static struct slice cut_last(struct slice *rest)
{
	struct slice all = *rest;
	const char *comma = all.n ? memrchr(all.p, ',', all.n) : NULL;
	size_t begin;

	if (!comma) {
		*rest = (struct slice){NULL, 0};
		return slice_trim(all);
	}
	begin = (size_t)(comma - all.p) + 1;
	rest->n = begin - 1;
	return slice_trim(slice_make(all.p + begin, all.n - begin));
}

bool forward_prev_address(struct slice *rest, struct addr *out)
{
	return parse_node(cut_last(rest), out);
}

static struct slice unquote(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return slice_make(s.p + 1, s.n - 2);
	return s;
}

bool forward_prev_for(struct slice *rest, struct addr *out)
{
	struct slice element = cut_last(rest);
	struct slice pair, name;

	/* A comma or semicolon in quotes leaves halves that are no address,
	 * and ends the walk: nothing that is believed has one there. */
	while (element.n > 0) {
		pair = slice_cut(&element, ';');
		name = slice_trim(slice_cut(&pair, '='));
		if (slice_caseeq(name, SLICE("for")))
			return parse_node(unquote(slice_trim(pair)), out);
	}
	return false;
}

/* What is still to be written, and where; full once something did not fit. */
struct writer {
	char *to;
	size_t n;
	size_t room;
	bool full;
};

static void put(struct writer *w, struct slice s)
{
	if (w->full || w->room - w->n < s.n) {
		w->full = true;
		return;
	}
	if (s.n > 0)
		memcpy(w->to + w->n, s.p, s.n);
	w->n += s.n;
}

static void put_quoted(struct writer *w, struct slice s)
{
	size_t i;

	put(w, SLICE("\""));
	for (i = 0; i < s.n && !w->full; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			put(w, SLICE("\\"));
		put(w, slice_make(s.p + i, 1));
	}
	put(w, SLICE("\""));
}

static void put_pair(struct writer *w, struct slice name, struct slice value)
{
	if (!token_all(value, TOKEN_VALUE)) {
		w->full = true;
		return;
	}
	put(w, name);
	if (token_is(value))
		put(w, value);
	else
		put_quoted(w, value);
}

static void put_client(struct writer *w, const struct addr *client)
{
	char text[ADDR_TEXT + 2];
	size_t n;

	if (client->len == 0 || (client->sa.sa_family != AF_INET &&
	    client->sa.sa_family != AF_INET6)) {
		put_pair(w, SLICE("for="), SLICE("unknown"));
		return;
	}
	n = addr_format_ip(client, text + 1);
	if (!memchr(text + 1, ':', n)) {
		put_pair(w, SLICE("for="), slice_make(text + 1, n));
		return;
	}
	text[0] = '[';
	text[n + 1] = ']';
	put_pair(w, SLICE("for="), slice_make(text, n + 2));
}

size_t forward_put_element(char *to, size_t n, size_t room,
    const struct addr *client, struct slice proto, struct slice host)
{
	struct writer w = {to, n, room, n > room};

	put_client(&w, client);
	if (proto.n > 0)
		put_pair(&w, SLICE(";proto="), proto);
	if (host.n > 0)
		put_pair(&w, SLICE(";host="), host);
	return w.full ? n : w.n;
}
