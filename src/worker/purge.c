/* SPDX-License-Identifier: BSD-2-Clause */
/* PURGE: what the cache has of a URL is not used any more. */
#include "worker/purge.h"

#include "shm/cache.h"
#include "shm/chore.h"
#include "worker/answer.h"
#include "worker/key.h"
#include "worker/match.h"
#include "worker/spread.h"

#define TEXT_MOST 200

struct purge {
	struct stride *s;
	unsigned ended;
	bool soft, banned;
	const char *why; /* not NULL: it could not be done */
};

/* A request without a client is an operator's. */
static bool is_operators(const struct stride *s)
{
	return s->c->kind == CONN_REFRESH;
}

bool purge_is_ours(const struct stride *s)
{
	return s->r->head.method_id == METHOD_PURGE
	    && (s->r->route->policy.cache.on || is_operators(s));
}

static bool is_allowed(const struct stride *s)
{
	return is_operators(s) || conf_is_among(
	    &s->r->route->policy.cache.purge_from, &s->r->client);
}

/* "Soft-Purge: 0" is none. */
static bool is_soft(const struct request *r)
{
	const struct field *f = head_find_name(&r->head, SLICE("Soft-Purge"));

	return f && !slice_eq(f->value, SLICE("0"));
}

/* Parts of keys that a URL does not say: no PURGE has them all. */
static bool has_hidden_parts(const struct conf_cache *rules)
{
	for (unsigned i = 0; i < rules->nkey; i++)
		if (rules->key[i].by == CACHE_BY_HEADER
		    || rules->key[i].by == CACHE_BY_COOKIE)
			return true;
	return false;
}

static void end_key(struct purge *p, struct slice scheme)
{
	static char text[KEY_MOST];
	struct request *r = p->s->r;
	struct buf b;

	buf_init(&b, text, sizeof text);
	key_put(&b, r, scheme);
	if (b.full) /* nothing has been stored under it */
		return;
	struct slice key = slice_make(text, buf_length(&b));
	p->ended += cache_purge(key, cache_hash(key), p->soft);
}

static void end_pool(struct purge *p, const struct conf_pool *pool)
{
	static const struct slice schemes[] = KEY_SCHEMES;

	p->s->r->home = pool;
	for (unsigned i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		end_key(p, schemes[i]);
}

static void ban_url(struct purge *p)
{
	static char text[256 + BAN_TEXT];
	const struct request *r = p->s->r;
	struct slice host, target;
	struct buf b;

	buf_init(&b, text, sizeof text);
	key_put_host(&b, r);
	host = slice_make(text, buf_length(&b));
	key_put_target(&b, r);
	target = slice_make(text + host.n, buf_length(&b) - host.n);
	if (b.full)
		p->why = "the URL is too long";
	else if (bans_add(BAN_URL, host, target, p->soft, &p->why))
		p->banned = true;
}

/* As if the route had been found by a request that GET, or a header, or
 * another client would have brought to it. */
static void end_route(struct purge *p, const struct conf_route *route)
{
	p->s->r->route = route;
	if (route->action == CONF_POOL)
		end_pool(p, route->pool);
	for (unsigned i = 0; route->action == CONF_SPLIT && i < route->nsplit;
	    i++)
		end_pool(p, route->split[i].pool);
	if (has_hidden_parts(&route->policy.cache))
		ban_url(p);
}

static void end_site(struct purge *p)
{
	struct request *r = p->s->r;
	const struct conf_route *found = r->route;
	const struct conf_pool *home = r->home;

	for (unsigned i = 0; i < r->site->nroutes; i++) {
		const struct conf_route *route = &r->site->routes[i];
		if (!match_may_take(route, r))
			continue;
		if (route->policy.cache.on && (route->action == CONF_POOL
		    || route->action == CONF_SPLIT))
			end_route(p, route);
	}
	r->route = found;
	r->home = home;
}

/* Of the answer, in the request's arena. */
static struct slice tell(const struct purge *p)
{
	char text[TEXT_MOST];
	struct buf b;

	buf_init(&b, text, sizeof text);
	if (p->why) {
		buf_str(&b, p->why);
	} else {
		buf_u64(&b, p->ended);
		if (p->banned)
			BUF_LIT(&b, ", and others when they are asked for");
	}
	BUF_LIT(&b, "\n");
	return arena_copy(&p->s->r->arena, slice_make(text, buf_length(&b)));
}

next_step purge_answer(struct stride *s)
{
	struct purge p = {.s = s, .soft = is_soft(s->r)};

	if (!is_allowed(s))
		return answer_with(s, 405, CAUSE_MAY_NOT_PURGE);
	if (cache.head)
		end_site(&p);
	s->r->own = tell(&p);
	chore_count(is_operators(s) ? s->c->mark : 0, p.ended);
	if (p.why)
		return answer_with(s, 503, CAUSE_CANNOT_PURGE);
	return answer_with(s, p.ended || p.banned ? 200 : 404, CAUSE_PURGED);
}
