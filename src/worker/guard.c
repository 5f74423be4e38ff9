/* SPDX-License-Identifier: BSD-2-Clause */
/* guard: may it pass. All that is asked before a body is asked for. */
#include "shm/cache.h"
#include "worker/answer.h"
#include "worker/client.h"
#include "worker/expand.h"
#include "worker/guard.h"
#include "worker/purge.h"
#include "worker/request.h"
#include "worker/spread.h"

static bool may_come(const struct request *r)
{
	const struct conf_policy *p = &r->route->policy;

	return !conf_is_among(&p->deny_clients, &r->client)
	    && (p->allow.n == 0 || conf_is_among(&p->allow, &r->client));
}

/* RFC 9110, 10.1.1: what we do not know cannot be met. */
static bool expects_too_much(const struct request *r)
{
	return r->head.minor > 0 && head_has(&r->head, FIELD_EXPECT)
	    && !r->wants_continue;
}

static bool is_too_large(struct request *r)
{
	uint64_t most = r->route->policy.max_body;

	if (most != CONF_OF_LISTENER)
		r->max_body = most;
	return r->framing.kind == BODY_LENGTH
	    && r->framing.length > r->max_body;
}

/* Only this protocol: others, as h2c, would carry requests past us
 * (RFC 9110, 7.8; RFC 6455, 4.1). */
static bool asks_for_websocket(const struct request *r)
{
	return r->route->policy.websocket && r->head.minor > 0
	    && r->head.method_id == METHOD_GET
	    && r->framing.kind == BODY_NONE
	    && head_has_item(&r->head, FIELD_CONNECTION, SLICE("upgrade"))
	    && head_has_item(&r->head, FIELD_UPGRADE, SLICE("websocket"));
}

static next_step act(struct stride *s)
{
	const struct conf_route *route = s->r->route;

	switch (route->action) {
	case CONF_POOL:
	case CONF_SPLIT:
		s->r->home = s->r->pool = spread_pool(s->r);
		if (route->policy.cache.on && cache.head)
			return NEXT(STEP_LOOKUP);
		return NEXT(s->f.flags & FLOW_BODY_WHOLE ? STEP_PICK
		    : STEP_BODY);
	case CONF_REDIRECT:
		if (expand_lacks_host(s->r, &route->redirect.to))
			return stride_refuse(s, 400, CAUSE_REFUSED,
			    "no Host to redirect it to");
		return answer_with(s, route->redirect.status, CAUSE_NONE);
	case CONF_RESPOND:
		return answer_with(s, route->respond.status, CAUSE_NONE);
	default:
		return answer_with(s, route->deny, CAUSE_DENIED);
	}
}

struct guard_verdict guard_check(struct request *r)
{
	r->wants_websocket = asks_for_websocket(r);
	r->wants_trailers = r->head.minor > 0
	    && head_has_item(&r->head, FIELD_TE, SLICE("trailers"));
	if (!may_come(r))
		return (struct guard_verdict){403, CAUSE_CLIENT_DENIED, NULL};
	if (expects_too_much(r))
		return (struct guard_verdict){417, CAUSE_REFUSED,
		    "an expectation that is not 100-continue"};
	if (is_too_large(r))
		return (struct guard_verdict){413, CAUSE_BODY_TOO_LARGE, NULL};
	return (struct guard_verdict){0, CAUSE_NONE, NULL};
}

next_step guard_run(struct stride *s)
{
	if (purge_is_ours(s))
		return purge_answer(s);
	struct guard_verdict v = guard_check(s->r);

	if (v.status == 0)
		return act(s);
	return v.status == 403 ? answer_with(s, v.status, v.cause)
	    : stride_refuse(s, v.status, v.cause, v.why);
}
