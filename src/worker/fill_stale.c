/* SPDX-License-Identifier: BSD-2-Clause */
/* Stale responses in place of errors, where that is allowed. */
#include "base/clock.h"
#include "worker/fill.h"
#include "worker/serve.h"

#define SPARED 1 /* s: a backend that has failed is not asked by each */

bool fill_has_stale(const struct stride *s, struct stored *to)
{
	return s->f.entry && s->f.entry <= cache.nentries
	    && stored_read(cache_record(s->f.entry), to) && !to->pass;
}

static bool is_error(unsigned status)
{
	return status == 500 || (status >= 502 && status <= 504);
}

static bool nobody_is_there(enum cause cause)
{
	return cause == CAUSE_NO_BACKEND || cause == CAUSE_CONNECT_FAILED
	    || cause == CAUSE_CONNECT_TIMEOUT || cause == CAUSE_BACKEND_DOWN;
}

static bool is_allowed(const struct stride *s, bool down)
{
	const struct conf_cache *rules = &s->r->route->policy.cache;
	struct cachecontrol asked;
	struct stored old;

	if (!fill_has_stale(s, &old))
		return false;
	cachecontrol_of(&s->r->head, true, &asked);
	enum freshness_use use = freshness_use(&old.fresh, clock_wall(),
	    &asked, atomic_load(&cache_entry(s->f.entry)->invalid),
	    (int64_t)(rules->max_stale / 1000));
	return use < USE_IF_DOWN || (use == USE_IF_DOWN && down);
}

bool fill_may_cover(const struct stride *s, unsigned status, enum cause cause)
{
	return s->f.entry && !(s->f.flags & FLOW_ANSWERED)
	    && is_error(status) && is_allowed(s, nobody_is_there(cause));
}

static uint32_t seconds(const struct stride *s)
{
	return (uint32_t)(s->now / 1000);
}

bool fill_covers(struct stride *s, unsigned status, enum cause cause,
    next_step *next)
{
	if (!fill_may_cover(s, status, cause))
		return false;
	atomic_store(&cache_entry(s->f.entry)->renewing, seconds(s) << 2
	    | RENEWING_FAILED | (nobody_is_there(cause) ? RENEWING_NOBODY
	    : 0));
	fill_abandon(s);
	s->f.cause = cause;
	s->r->cached = CACHED_STALE;
	*next = serve_entry(s, SERVE_STALE_ERROR);
	return true;
}

bool fill_spares(struct stride *s, next_step *next)
{
	uint32_t last = s->f.entry && s->c->kind == CONN_CLIENT
	    ? atomic_load(&cache_entry(s->f.entry)->renewing) : 0;

	if (!(last & RENEWING_FAILED) || seconds(s) - (last >> 2) > SPARED
	    || !is_allowed(s, last & RENEWING_NOBODY))
		return false;
	s->r->cached = CACHED_STALE;
	*next = serve_entry(s, SERVE_STALE_ERROR);
	return true;
}
