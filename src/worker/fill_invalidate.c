/* SPDX-License-Identifier: BSD-2-Clause */
/* What an unsafe request may have changed is not used any more. */
#include "http/uri.h"
#include "worker/compose.h"
#include "worker/fill.h"
#include "worker/key.h"

#define PATH_MOST 8192

/* What may be stored under that host, path and query by way of the route. */
static void end_key(const struct request *r, struct slice scheme)
{
	static char text[KEY_MOST];
	struct slice key;
	struct buf b;

	buf_init(&b, text, sizeof text);
	key_put(&b, r, scheme);
	key = slice_make(text, buf_length(&b));
	if (!b.full)
		cache_purge(key, cache_hash(key), false);
}

static void end_pool(struct request *r, const struct conf_pool *pool)
{
	static const struct slice schemes[] = KEY_SCHEMES;

	r->home = pool;
	for (unsigned i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		end_key(r, schemes[i]);
}

static void end_route(struct request *r, const struct conf_route *route)
{
	r->route = route;
	if (route->action == CONF_POOL)
		end_pool(r, route->pool);
	for (unsigned i = 0; route->action == CONF_SPLIT
	    && i < route->nsplit; i++)
		end_pool(r, route->split[i].pool);
}

static bool leads_there(const struct conf_route *route)
{
	return route->policy.cache.on && (route->action == CONF_POOL
	    || route->action == CONF_SPLIT);
}

/* It may have come by another route than those that ask for it. */
static void end_target(struct request *r)
{
	for (unsigned i = 0; i < r->site->nroutes; i++)
		if (leads_there(&r->site->routes[i]))
			end_route(r, &r->site->routes[i]);
}

/* A reference that begins in the directory of the request's own path. */
static bool put_relative(struct buf *b, const struct request *r,
    struct slice place)
{
	size_t n = r->uri.path.n;

	while (n > 0 && r->uri.path.p[n - 1] != '/')
		n--;
	buf_put(b, r->uri.path.p, n);
	buf_slice(b, place);
	return n > 0 && !b->full;
}

static bool has_scheme(struct slice place)
{
	for (size_t i = 0; i < place.n; i++) {
		if (place.p[i] == ':')
			return true;
		if (place.p[i] == '/' || place.p[i] == '?')
			return false;
	}
	return false;
}

/* RFC 9111, 4.4: of other hosts it is not for this one to say. */
static bool is_same_host(const struct request *r, const struct uri *u)
{
	struct slice host = u->host;

	return u->authority.n == 0 || (slice_caseeq(host, r->host)
	    && (u->port ? u->port : u->scheme == URI_HTTPS ? 443 : 80)
	    == (r->port ? r->port : r->listener->tls.on ? 443 : 80));
}

/* Reads where a field of the response leads, in the client's terms. */
static bool read_place(struct request *r, struct slice place)
{
	static char text[PATH_MOST], path[PATH_MOST];
	struct buf b;

	buf_init(&b, text, sizeof text);
	place = slice_cut(&place, '#');
	if (!has_scheme(place) && place.n && place.p[0] != '/') {
		if (!put_relative(&b, r, place))
			return false;
	} else if (!compose_place(&b, r, place)) {
		buf_slice(&b, place);
	}
	if (b.full || uri_parse_target(slice_make(text, buf_length(&b)),
	    METHOD_GET, &r->uri) != NULL || !is_same_host(r, &r->uri))
		return false;
	return uri_normalise_path(r->uri.path, path, sizeof path, &r->path)
	    == NULL;
}

static void end_place(const struct stride *s, const struct head *h,
    enum field_id id)
{
	struct request there = *s->r;

	if (head_has(h, id) && read_place(&there, head_value(h, id)))
		end_target(&there);
}

void fill_invalidate(const struct stride *s, const struct head *h)
{
	struct request here = *s->r;

	if (cache.head == NULL || !s->r->route->policy.cache.on
	    || method_is_safe(s->r->head.method_id) || h->status >= 400)
		return;
	end_target(&here);
	end_place(s, h, FIELD_LOCATION);
	end_place(s, h, FIELD_CONTENT_LOCATION);
}
