/* SPDX-License-Identifier: BSD-2-Clause */
/* Sticky cookies: a client keeps its backend, and no backend sees how. */
#include "worker/stick.h"

#include "http/cookie.h"
#include "shm/board.h"
#include "worker/compose.h"

#define VALUE_ROOM 17 /* of sticky_value */
#define LOOKS 8 /* at cookies of a name: each is compared with all backends */

const struct conf_backend *stick_find(const struct request *r,
    const struct conf_pool *pool)
{
	const struct field *f = pool->sticky.cookie.n
	    ? head_find(&r->head, FIELD_COOKIE) : NULL;
	unsigned looks = 0;

	for (; f != NULL; f = head_find_next(&r->head, f)) {
		struct slice rest = f->value, name, value;
		while (cookie_next(&rest, &name, &value)) {
			if (!slice_eq(name, pool->sticky.cookie))
				continue;
			if (looks++ == LOOKS)
				return NULL;
			const struct conf_backend *b = sticky_find(pool,
			    value);
			if (b != NULL)
				return b;
		}
	}
	return NULL;
}

static bool was_tried(const struct request *r, const struct conf_backend *b)
{
	for (unsigned i = 0; i < r->ntried; i++)
		if (r->tried[i] == b->index)
			return true;
	return false;
}

const struct conf_backend *stick_wanted(const struct request *r,
    const struct conf_pool *pool, uint64_t now)
{
	const struct conf_backend *b = stick_find(r, pool);

	if (b == NULL || was_tried(r, b))
		return NULL;
	enum board_state state = board_state(b, now);
	return state == BOARD_UP || state == BOARD_DRAINING ? b : NULL;
}

const struct conf_pool *stick_pool(const struct request *r)
{
	const struct conf_route *route = r->route;

	for (unsigned i = 0; i < route->nsplit; i++)
		if (stick_find(r, route->split[i].pool))
			return route->split[i].pool;
	return NULL;
}

/* The pools that requests of the route may get into, one after the other. */
struct walk {
	const struct conf_route *route;
	const struct conf_pool *next;
	unsigned part;
};

static const struct conf_pool *walk_on(struct walk *w)
{
	const struct conf_route *route = w->route;

	if (w->next == NULL && route->action == CONF_SPLIT
	    && w->part < route->nsplit)
		w->next = route->split[w->part++].pool;
	else if (w->next == NULL && route->action == CONF_POOL
	    && w->part++ == 0)
		w->next = route->pool;
	const struct conf_pool *pool = w->next;
	if (pool)
		w->next = pool->fallback;
	return pool;
}

static bool is_name(const struct request *r, struct slice name)
{
	struct walk w = {.route = r->route};
	const struct conf_pool *pool;

	while ((pool = walk_on(&w)) != NULL)
		if (pool->sticky.cookie.n
		    && slice_eq(pool->sticky.cookie, name))
			return true;
	return false;
}

bool stick_is_on(const struct request *r)
{
	struct walk w = {.route = r->route};
	const struct conf_pool *pool;

	while ((pool = walk_on(&w)) != NULL)
		if (pool->sticky.cookie.n)
			return true;
	return false;
}

/* What stands before '=', of a pair or of a whole Set-Cookie. */
static struct slice name_of(struct slice pair)
{
	struct slice name = slice_trim(slice_cut(&pair, '='));

	return pair.p ? name : slice_make(NULL, 0);
}

static bool has_ours(const struct request *r, struct slice pairs)
{
	while (pairs.p)
		if (is_name(r, name_of(slice_cut(&pairs, ';'))))
			return true;
	return false;
}

static struct slice without_margin(struct slice s)
{
	const char *p = slice_trim(s).p;

	return slice_make(p, s.n - (size_t)(p - s.p));
}

void stick_put_cookies(struct buf *b, const struct request *r,
    const struct field *f)
{
	bool ours = has_ours(r, f->value), begun = false;
	struct slice rest = f->value;

	while (rest.p) {
		struct slice pair = ours ? slice_cut(&rest, ';') : rest;
		if (!ours)
			rest.p = NULL;
		else if (is_name(r, name_of(pair)))
			continue;
		if (begun) {
			BUF_LIT(b, ";");
		} else {
			buf_slice(b, f->name);
			BUF_LIT(b, ": ");
			pair = without_margin(pair);
		}
		buf_slice(b, pair);
		begun = true;
	}
	if (begun)
		BUF_LIT(b, "\r\n");
}

bool stick_is_ours(const struct request *r, struct slice set_cookie)
{
	return is_name(r, name_of(slice_cut(&set_cookie, ';')));
}

static void put_attributes(struct buf *b, const struct request *r)
{
	BUF_LIT(b, "; Path=/; HttpOnly; SameSite=Lax");
	if (r->pool->sticky.ttl) {
		BUF_LIT(b, "; Max-Age=");
		buf_u64(b, (r->pool->sticky.ttl - 1) / 1000 + 1);
	}
	if (slice_caseeq(compose_scheme_asked(r), SLICE("https")))
		BUF_LIT(b, "; Secure");
	BUF_LIT(b, "\r\n");
}

void stick_put_cookie(struct buf *b, const struct request *r,
    unsigned status)
{
	char value[VALUE_ROOM];

	if (r->pool->sticky.cookie.n == 0 || status >= 500
	    || stick_find(r, r->pool) == r->backend)
		return;
	sticky_value(r->backend, value);
	BUF_LIT(b, "Set-Cookie: ");
	buf_slice(b, r->pool->sticky.cookie);
	BUF_LIT(b, "=");
	buf_str(b, value);
	put_attributes(b, r);
}
