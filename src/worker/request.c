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
	return uri_normalise_path(r->uri.path, room, room ? r->uri.path.n : 0,
	    &r->path);
}

static bool waits_for_100(const struct head *h)
{
	return h->minor > 0 && !head_has_many(h, FIELD_EXPECT)
	    && slice_caseeq(head_value(h, FIELD_EXPECT),
	    SLICE("100-continue"));
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
	return no;
}
