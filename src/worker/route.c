/* SPDX-License-Identifier: BSD-2-Clause */
/* route: which site, which route. */
#include "worker/account.h"
#include "worker/answer.h"
#include "worker/identity.h"
#include "worker/match.h"
#include "worker/redirect.h"
#include "worker/request.h"
#include "worker/route.h"
#include "worker/worker.h"

/* What no route is asked about: CONNECT wants a tunnel to anywhere, and TRACE
 * would show the client what we and the backend add. */
const char *route_refuses_method(enum method m)
{
	switch (m) {
	case METHOD_CONNECT:
		return "CONNECT asks for a tunnel";
	case METHOD_TRACE:
		return "TRACE shows what is forwarded";
	default:
		return NULL;
	}
}

/* RFC 9110, 7.6.2: OPTIONS that may go no further is ours to answer. */
static bool ends_here(const struct head *h)
{
	uint64_t left;

	return h->method_id == METHOD_OPTIONS
	    && slice_u64(head_value(h, FIELD_MAX_FORWARDS), &left)
	    && left == 0;
}

next_step route_run(struct stride *s)
{
	struct request *r = s->r;

	r->why = route_refuses_method(r->head.method_id);
	if (r->why != NULL)
		s->f.flags |= FLOW_CLOSE; /* what follows may be no request */
	if (r->why != NULL)
		return stride_refuse(s, 405, CAUSE_REFUSED, r->why);
	if (!identity_fits_host(s))
		return answer_with(s, 421, CAUSE_MISDIRECTED);
	r->site = conf_find_site(worker_conf, r->host);
	if (r->site == NULL)
		return answer_with(s, 421, CAUSE_NO_SITE);
	r->to_https = redirect_is_due(r);
	if (r->to_https && r->host.n == 0)
		return stride_refuse(s, 400, CAUSE_REFUSED,
		    "no Host to redirect it to");
	if (r->to_https)
		return answer_with(s, 308, CAUSE_NONE);
	if (ends_here(&r->head))
		return answer_with(s, 200, CAUSE_LAST_HOP);
	switch (match_route(r)) {
	case YES:
		account_mark(s, TIME_ROUTE);
		return NEXT(STEP_GUARD);
	case NO:
		return answer_with(s, 404, CAUSE_NO_ROUTE);
	default:
		return stride_refuse(s, 500, CAUSE_REGEX, NULL);
	}
}
