/* SPDX-License-Identifier: BSD-2-Clause */
/* What requests are spread by: keys of hashes, and splits by client. */
#include "worker/spread.h"

#include "base/buf.h"
#include "base/hash.h"
#include "http/cookie.h"
#include "worker/stick.h"

/* The same on every machine: a client keeps its place over a restart, and
 * behind two of us. */
static const uint64_t no_key[2];

#define ADDRESS_MOST 16

/* An IPv4 address is the same one inside of IPv6. */
static struct slice address_of(const struct addr *a, char room[ADDRESS_MOST])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	switch (a->sa.sa_family) {
	case AF_INET:
		memcpy(room, mapped, sizeof mapped);
		memcpy(room + 12, &a->in.sin_addr, 4);
		break;
	case AF_INET6:
		memcpy(room, &a->in6.sin6_addr, 16);
		break;
	default:
		return slice_make(NULL, 0); /* a unix socket tells of nobody */
	}
	return slice_make(room, ADDRESS_MOST);
}

/* Path and query as they came, also out of an absolute-form. */
static struct slice uri_of(const struct request *r)
{
	const char *end = r->head.target.p + r->head.target.n;
	const struct slice *path = &r->uri.path;

	if (r->uri.form != URI_ABSOLUTE || r->uri.query.p == NULL)
		return r->uri.form == URI_ABSOLUTE ? *path : r->head.target;
	if (path->p < r->head.target.p || path->p >= end)
		return r->uri.query;
	return slice_make(path->p, (size_t)(end - path->p));
}

static struct slice header_of(const struct request *r, struct slice name)
{
	const struct field *f = head_find_name(&r->head, name);

	return f ? f->value : slice_make(NULL, 0);
}

static struct slice cookie_of(const struct request *r, struct slice name)
{
	const struct field *f = head_find(&r->head, FIELD_COOKIE);
	struct slice value;

	for (; f != NULL; f = head_find_next(&r->head, f))
		if (cookie_find(f->value, name, &value))
			return value;
	return slice_make(NULL, 0);
}

static struct slice key_of(const struct request *r,
    const struct conf_pool *pool, char room[ADDRESS_MOST])
{
	switch (pool->hash_by) {
	case HASH_CLIENT:
		return address_of(&r->client, room);
	case HASH_URI:
		return uri_of(r);
	case HASH_PATH:
		return r->path;
	case HASH_HEADER:
		return header_of(r, pool->hash_name);
	case HASH_COOKIE:
		return cookie_of(r, pool->hash_name);
	}
	return slice_make(NULL, 0);
}

bool spread_hash(const struct request *r, const struct conf_pool *pool,
    uint64_t *hash)
{
	char room[ADDRESS_MOST];

	if (pool->balance != BALANCE_HASH)
		return false;
	struct slice key = key_of(r, pool, room);
	if (key.n > 0)
		*hash = hash_slice(no_key, key);
	return key.n > 0;
}

/* Site and route are in it, so that the few who try what is new here are not
 * the same ones everywhere. */
static uint64_t draw_of(const struct request *r)
{
	char text[ADDRESS_MOST + 256], room[ADDRESS_MOST];
	struct slice who = address_of(&r->client, room);
	struct slice site = slice_str(r->site->name);
	struct buf b;

	buf_init(&b, text, sizeof text);
	if (who.n)
		buf_slice(&b, who);
	else
		buf_put(&b, r->id, REQUEST_ID); /* each request by itself */
	buf_u64(&b, r->route->index);
	buf_put(&b, site.p, site.n < 128 ? site.n : 128);
	return hash_slice(no_key, slice_make(text, buf_length(&b)));
}

const struct conf_pool *spread_by_client(const struct request *r)
{
	const struct conf_route *route = r->route;

	if (route->action != CONF_SPLIT)
		return route->pool;
	uint64_t at = draw_of(r) % route->split_sum;
	for (unsigned i = 0; i + 1 < route->nsplit; i++) {
		if (at < route->split[i].weight)
			return route->split[i].pool;
		at -= route->split[i].weight;
	}
	return route->split[route->nsplit - 1].pool;
}

const struct conf_pool *spread_pool(const struct request *r)
{
	const struct conf_pool *kept = r->route->action == CONF_SPLIT
	    ? stick_pool(r) : NULL;

	return kept ? kept : spread_by_client(r);
}
