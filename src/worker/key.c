/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys: what of a request chooses what is stored for it. */
#include "worker/key.h"

#include "http/cookie.h"
#include "http/query.h"
#include "http/vary.h"
#include "shm/cache.h"
#include "worker/compose.h"
#include "worker/told.h"

#define NAME_MOST 256 /* of a parameter: no glob means a longer one */

/* No part has a line feed in it: so a part ends where the next one begins. */
#define PART "\n"

static bool is_default_port(const struct request *r)
{
	return r->port == 0 || r->port == (r->listener->tls.on ? 443 : 80);
}

void key_put_host(struct buf *b, const struct request *r)
{
	buf_slice(b, r->host);
	if (is_default_port(r))
		return;
	BUF_LIT(b, ":");
	buf_u64(b, r->port);
}

/* '*' stands for any bytes, '?' for one. Only the last asterisk is ever gone
 * back to: that is enough, and bounds the work by the product of both. */
static bool glob_fits(struct slice glob, struct slice s)
{
	size_t g = 0, i = 0, star = glob.n, from = 0;

	while (i < s.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			from = i;
		} else if (g < glob.n
		    && (glob.p[g] == '?' || glob.p[g] == s.p[i])) {
			g++;
			i++;
		} else if (star < glob.n) {
			g = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

static bool is_ignored(const struct conf_list *globs, struct slice name)
{
	char text[NAME_MOST];

	if (name.n > sizeof text)
		return false;
	size_t n = query_decode(name, text, sizeof text);
	for (unsigned i = 0; i < globs->n; i++)
		if (glob_fits(globs->at[i], slice_make(text, n)))
			return true;
	return false;
}

/* Some backends begin another parameter there. */
static bool hides_more(struct slice part)
{
	return memchr(part.p, ';', part.n) || memchr(part.p, '?', part.n);
}

/* The order of the others counts: it may for the backend. */
static void put_query(struct buf *b, const struct request *r)
{
	const struct conf_list *globs = &r->route->policy.cache.ignore_query;
	struct slice rest = r->uri.query;
	char mark = '?';

	if (globs->n == 0 && rest.p) {
		BUF_LIT(b, "?");
		buf_slice(b, rest);
		return;
	}
	while (rest.p) {
		struct slice part = slice_cut(&rest, '&'), one = part;
		struct slice name, value;
		if (!query_next(&one, &name, &value)
		    || (is_ignored(globs, name) && !hides_more(part)))
			continue;
		buf_put(b, &mark, 1);
		buf_slice(b, part);
		mark = '&';
	}
}

void key_put_target(struct buf *b, const struct request *r)
{
	buf_slice(b, r->path);
	put_query(b, r);
}

/* As a backend is asked for it: another one may be refused by some that this
 * one is not, and what they say of that is not for this one. */
static void put_target(struct buf *b, const struct request *r)
{
	if (r->uri.path.n)
		uri_put_plain(b, r->uri.path);
	BUF_LIT(b, PART);
	put_query(b, r);
}

static void put_header(struct buf *b, const struct request *r,
    struct slice name)
{
	bool has;
	char *at = b->at;

	BUF_LIT(b, "=");
	vary_put(b, &r->head, name, &has);
	if (!has)
		b->at = at;
}

/* All of that name: some backends take the first one, others the last. */
static void put_cookie(struct buf *b, const struct request *r,
    struct slice name)
{
	const struct field *f = head_find(&r->head, FIELD_COOKIE);
	struct slice rest, one, value;

	for (; f != NULL; f = head_find_next(&r->head, f)) {
		rest = f->value;
		while (cookie_next(&rest, &one, &value))
			if (slice_eq(one, name)) {
				BUF_LIT(b, "=");
				buf_u64(b, value.n);
				BUF_LIT(b, "=");
				buf_slice(b, value);
			}
	}
}

static void put_scheme(struct buf *b, struct slice scheme)
{
	if (scheme.n)
		buf_slice(b, slice_caseeq(scheme, SLICE("https"))
		    ? SLICE("https") : SLICE("http"));
}

static void put_part(struct buf *b, const struct request *r,
    const struct conf_cache_key *part, struct slice scheme)
{
	BUF_LIT(b, PART);
	switch (part->by) {
	case CACHE_BY_HOST:
		key_put_host(b, r);
		break;
	case CACHE_BY_TARGET:
		put_target(b, r);
		break;
	case CACHE_BY_SCHEME:
		put_scheme(b, scheme);
		break;
	case CACHE_BY_HEADER:
		put_header(b, r, part->name);
		break;
	case CACHE_BY_COOKIE:
		put_cookie(b, r, part->name);
		break;
	}
}

void key_put(struct buf *b, const struct request *r, struct slice scheme)
{
	const struct conf_cache *rules = &r->route->policy.cache;

	BUF_LIT(b, "G"); /* GET and HEAD */
	buf_str(b, r->home->name);
	for (unsigned i = 0; i < rules->nkey; i++)
		put_part(b, r, &rules->key[i], scheme);
	told_put_key(b, r);
}

/* An arena that is full would be the request's end. */
static bool has_room(const struct arena *a, size_t n)
{
	return (size_t)(a->end - a->at) >= n + _Alignof(max_align_t);
}

/* What the key says is what the backend is asked for. */
static bool make_plain(struct request *r)
{
	static char text[KEY_MOST];
	struct buf b;

	if (r->uri.path.n == 0
	    || memchr(r->uri.path.p, '%', r->uri.path.n) == NULL)
		return true;
	buf_init(&b, text, sizeof text);
	uri_put_plain(&b, r->uri.path);
	struct slice plain = slice_make(text, buf_length(&b));
	if (b.full || slice_eq(plain, r->uri.path))
		return !b.full;
	if (!has_room(&r->arena, plain.n))
		return false;
	r->uri.path = arena_copy(&r->arena, plain);
	return true;
}

bool key_make(struct request *r)
{
	static char text[KEY_MOST];
	struct buf b;

	buf_init(&b, text, sizeof text);
	if (!make_plain(r))
		return false;
	key_put(&b, r, compose_scheme_asked(r));
	if (b.full || !has_room(&r->arena, buf_length(&b)))
		return false;
	r->key_hash = cache_hash(slice_make(text, buf_length(&b)));
	r->key = arena_copy(&r->arena, slice_make(text, buf_length(&b)));
	return true;
}

/* If-Match and If-Unmodified-Since are the backend's to judge (RFC 9111,
 * 4.3.2). */
bool key_is_for_cache(const struct request *r)
{
	const struct head *h = &r->head;

	return (h->method_id == METHOD_GET || h->method_id == METHOD_HEAD)
	    && r->framing.kind == BODY_NONE && !r->wants_websocket
	    && !head_has(h, FIELD_UPGRADE) && !head_has(h, FIELD_IF_MATCH)
	    && !head_has(h, FIELD_IF_UNMODIFIED_SINCE);
}
