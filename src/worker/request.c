/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request's head says, once it is parsed. */
#include "worker/request.h"

static const struct refusal *read_target(struct request *r)
{
	const struct refusal *no = uri_parse_target(r->head.target,
	    r->head.method_id, &r->uri);

	if (no == NULL)
		no = uri_host_of(&r->head, &r->uri, &r->host, &r->port);
	if (no)
		return no;
	char *host = arena_alloc(&r->arena, r->host.n);
	for (size_t i = 0; host && i < r->host.n; i++)
		host[i] = ascii_lower(r->host.p[i]);
	r->host = slice_make(host, host ? r->host.n : 0);
	char *room = arena_alloc(&r->arena, r->uri.path.n);
	no = uri_normalise_path(r->uri.path, room, room ? r->uri.path.n : 0,
	    &r->path);
	return no == NULL && uri_hides_dots(r->path)
	    ? refusal_of(REFUSAL_PATH_DOTS) : no;
}

static bool waits_for_100(const struct head *h)
{
	return h->minor > 0 && !head_has_many(h, FIELD_EXPECT)
	    && slice_caseeq(head_value(h, FIELD_EXPECT),
	    SLICE("100-continue"));
}

/* Who a client is says its certificate alone, and so do we. */
static void mark_forged(struct head *h)
{
	for (unsigned i = 0; i < h->nfields; i++)
		if (h->fields[i].id == FIELD_OTHER
		    && field_is_identity(h->fields[i].name))
			h->fields[i].flags |= FIELD_DROP | FIELD_FORGED;
}

const struct refusal *request_read(struct request *r)
{
	const struct refusal *no = framing_request(&r->head, &r->framing);

	r->max_body = r->listener->max_body;
	r->wants_continue = waits_for_100(&r->head);
	if (no == NULL)
		no = read_target(r);
	if (no == NULL)
		no = head_mark_hop_by_hop(&r->head);
	mark_forged(&r->head);
	return no;
}

struct move {
	const char *from, *to;
	size_t n;
};

/* Only what lies there: some has been moved before, or never was there. */
static void rebase(struct slice *s, const struct move *m)
{
	if (s->p >= m->from && s->p < m->from + m->n)
		s->p = m->to + (s->p - m->from);
}

bool request_leave_page(struct request *r, const char *page, size_t n)
{
	struct slice *const all[] = {&r->head.method, &r->head.target,
	    &r->uri.authority, &r->uri.host, &r->uri.path, &r->uri.query,
	    &r->host, &r->path, &r->rest};
	struct slice copy = arena_copy(&r->arena, slice_make(page, n));
	const struct move m = {page, copy.p, n};

	if (copy.n < n)
		return false;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		rebase(all[i], &m);
	for (unsigned i = 0; i < r->head.nfields; i++) {
		rebase(&r->head.fields[i].name, &m);
		rebase(&r->head.fields[i].value, &m);
	}
	return true;
}

const struct conf_policy *request_policy(const struct request *r)
{
	if (r->route)
		return &r->route->policy;
	return r->site ? &r->site->policy : NULL;
}
