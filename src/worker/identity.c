/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gate has found out about a client's connection. */
#include "worker/identity.h"

const struct session *identity_session(const struct stride *s)
{
	return s->f.secure & SECURE_CLIENT
	    ? &lobby.sessions[lobby_row(s->c)] : NULL;
}

/* All that arrival.facts said; a page holds it and a NUL. */
static struct slice facts_of(const struct stride *s)
{
	const char *p = s->f.facts ? page_at(s->f.facts) : "";

	return slice_make(p, strnlen(p, ARRIVAL_FACTS));
}

bool identity_next(struct slice *rest, struct slice *line)
{
	*line = slice_cut(rest, '\n');
	return line->n > 0;
}

struct slice identity_lines(const struct stride *s)
{
	struct slice rest = facts_of(s);

	slice_cut(&rest, '\n'); /* names of our certificate */
	return rest;
}

/* name: of a certificate, "*.x" for one label before ".x" (RFC 9525, 6.3). */
static bool covers(struct slice name, struct slice host)
{
	struct slice behind = host;

	if (!slice_starts(name, SLICE("*.")))
		return slice_caseeq(name, host);
	if (slice_cut(&behind, '.').n == 0 || behind.p == NULL)
		return false;
	return slice_caseeq(slice_make(name.p + 2, name.n - 2), behind);
}

static bool is_of_certificate(const struct stride *s, struct slice host)
{
	struct slice rest = facts_of(s);
	struct slice names = slice_cut(&rest, '\n');

	while (names.p) {
		struct slice name = slice_cut(&names, ' ');
		if (name.n && covers(name, host))
			return true;
	}
	return false;
}

bool identity_fits_host(const struct stride *s)
{
	const struct conf_tls *tls = &s->r->listener->tls;
	const struct session *session = identity_session(s);
	struct slice host = s->r->host;

	if (session == NULL
	    || (!tls->strict_sni && tls->verify_client == VERIFY_NONE))
		return true;
	/* without facts (both of who received them died) nobody is known */
	if (host.n == 0 || session->nserver > SESSION_SERVER
	    || s->f.facts == 0)
		return false;
	return slice_eq(host, slice_make(session->server, session->nserver))
	    || is_of_certificate(s, host);
}
