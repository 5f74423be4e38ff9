/* SPDX-License-Identifier: BSD-2-Clause */
/* route: which site, which route. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/log.h"
#include "worker/account.h"
#include "worker/request.h"
#include "worker/worker.h"

#define BODY_OVER 65536 /* bytes read over for the sake of keep-alive */

/* "/static" matches "/static" and "/static/a", not "/statics". */
static bool path_begins(struct slice path, struct slice prefix)
{
	if (!slice_starts(path, prefix))
		return false;
	return path.n == prefix.n || (prefix.n && prefix.p[prefix.n - 1]
	    == '/') || path.p[prefix.n] == '/';
}

/* FAILED: a regex that took too long; it might be one that denies. */
enum match { NO, YES, FAILED };

/* Match data is private memory that no wait is crossed with. */
static enum match regex_matches(const pcre2_code *re, struct slice s)
{
	static pcre2_match_data *match;
	static pcre2_match_context *limits;

	if (match == NULL) {
		match = pcre2_match_data_create(1, NULL);
		limits = pcre2_match_context_create(NULL);
		MUST(match != NULL && limits != NULL);
		pcre2_set_match_limit(limits, 100000);
		pcre2_set_depth_limit(limits, 1000);
	}
	int n = pcre2_match(re, (PCRE2_SPTR)s.p, s.n, 0, 0, match, limits);
	return n >= 0 ? YES : n == PCRE2_ERROR_NOMATCH ? NO : FAILED;
}

static bool has_method(const struct conf_list *methods, struct slice method)
{
	for (unsigned i = 0; i < methods->n; i++)
		if (slice_eq(methods->at[i], method))
			return true;
	return methods->n == 0;
}

static enum match matches(const struct conf_route *route,
    const struct request *r)
{
	const struct conf_match *m = &route->match;

	if (m->listeners && !(m->listeners >> r->listener->index & 1))
		return NO;
	if (m->path_is.p && !slice_eq(r->path, m->path_is))
		return NO;
	if (m->path.p && !path_begins(r->path, m->path))
		return NO;
	if (!has_method(&m->methods, r->head.method))
		return NO;
	return m->path_re.code == NULL ? YES
	    : regex_matches(m->path_re.code, r->path);
}

/* NO: none matches. */
static enum match find_route(struct request *r)
{
	for (unsigned i = 0; i < r->site->nroutes; i++) {
		enum match m = matches(&r->site->routes[i], r);
		if (m == YES)
			r->route = &r->site->routes[i];
		if (m != NO)
			return m;
	}
	return NO;
}

/* An answer of ours that has nothing against the body: it is read over, if it
 * is small, and the connection goes on. */
static next_step answer_with(struct stride *s, unsigned status,
    enum cause cause)
{
	const struct request *r = s->r;

	if ((s->f.flags & FLOW_BODY_WHOLE) || r->wants_continue
	    || r->framing.length > BODY_OVER)
		return stride_refuse(s, status, cause, NULL);
	s->f.status = (uint16_t)status;
	s->f.cause = cause;
	s->f.flags |= FLOW_OWN;
	return NEXT(STEP_BODY);
}

static next_step act(struct stride *s)
{
	const struct conf_route *route = s->r->route;

	switch (route->action) {
	case CONF_POOL:
		s->r->pool = route->pool;
		return NEXT(s->f.flags & FLOW_BODY_WHOLE ? STEP_PICK
		    : STEP_BODY);
	case CONF_REDIRECT:
		return answer_with(s, route->redirect.status, CAUSE_NONE);
	case CONF_RESPOND:
		return answer_with(s, route->respond.status, CAUSE_NONE);
	default:
		return answer_with(s, route->deny, CAUSE_DENIED);
	}
}

next_step route_run(struct stride *s)
{
	struct request *r = s->r;

	if (r->head.method_id == METHOD_CONNECT)
		return stride_refuse(s, 405, CAUSE_REFUSED,
		    "CONNECT asks for a tunnel");
	r->site = conf_find_site(worker_conf, r->host);
	if (r->site == NULL)
		return answer_with(s, 421, CAUSE_NO_SITE);
	switch (find_route(r)) {
	case YES:
		account_mark(s, TIME_ROUTE);
		return act(s);
	case NO:
		return answer_with(s, 404, CAUSE_NO_ROUTE);
	default:
		return stride_refuse(s, 500, CAUSE_REGEX, NULL);
	}
}
