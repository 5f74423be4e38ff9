/* SPDX-License-Identifier: BSD-2-Clause */
/* The response's head for the client. */
#include "base/clock.h"
#include "http/date.h"
#include "http/remap.h"
#include "http/status.h"
#include "worker/compose.h"
#include "worker/edit.h"
#include "worker/fill.h"
#include "worker/stick.h"

void compose_status_line(struct buf *b, unsigned status, struct slice reason)
{
	BUF_LIT(b, "HTTP/1.1 ");
	buf_u64(b, status);
	BUF_LIT(b, " ");
	if (reason.n)
		buf_slice(b, reason);
	else
		buf_str(b, status_reason(status));
	BUF_LIT(b, "\r\n");
}

void compose_connection(const struct stride *s, struct buf *b)
{
	if (s->f.flags & FLOW_CLOSE)
		BUF_LIT(b, "Connection: close\r\n");
	else if (s->r->head.minor == 0)
		BUF_LIT(b, "Connection: keep-alive\r\n");
}

void compose_date(struct buf *b)
{
	static int64_t when = -1;
	static char text[DATE_LENGTH + 1];
	int64_t now = clock_wall();

	if (now != when) {
		date_format((time_t)now, text);
		when = now;
	}
	BUF_LIT(b, "Date: ");
	buf_put(b, text, DATE_LENGTH);
	BUF_LIT(b, "\r\n");
}

#define HSTS FIELD_STRICT_TRANSPORT_SECURITY
#define NAMES 2
#define NAME_MOST 300 /* a host and its port */

/* Whom a place may name and mean the backend, and how clients say it. */
struct places {
	struct remap map;
	struct slice names[NAMES];
	char own[NAME_MOST];
	bool known;
};

static void add_name(struct places *p, struct slice name)
{
	if (name.n)
		p->names[p->map.nnames++] = name;
}

/* The name that it was told: with the port that goes without saying. */
static void add_told(struct places *p, const struct request *r, bool tls)
{
	const struct conf_pool *pool = r->pool;
	struct slice host;
	uint16_t port;
	struct buf b;

	if (pool->host != CONF_HOST_NAME
	    || !uri_parse_host(pool->host_name, &host, &port))
		return;
	buf_init(&b, p->own, sizeof p->own);
	buf_slice(&b, pool->host_name);
	if (port == 0)
		buf_str(&b, tls ? ":443" : ":80");
	add_name(p, slice_make(p->own, buf_length(&b)));
}

static const struct remap *places_of(struct places *p,
    const struct request *r)
{
	const struct conf_policy *policy = &r->route->policy;

	if (p->known)
		return &p->map;
	p->known = true;
	p->map = (struct remap){.names = p->names,
	    .scheme = compose_scheme_asked(r),
	    .authority = compose_host_asked(r),
	    .strip = policy->strip_prefix, .add = policy->add_prefix};
	if (r->origin.p)
		add_name(p, r->origin);
	else if (r->backend)
		add_name(p, r->backend->host);
	add_told(p, r, r->origin.p ? r->origin_tls
	    : r->backend && r->backend->tls);
	return &p->map;
}

#define BIT(id) (UINT64_C(1) << (id))

/* Fields that name places. */
static const uint64_t naming = BIT(FIELD_LOCATION)
    | BIT(FIELD_CONTENT_LOCATION) | BIT(FIELD_REFRESH)
    | BIT(FIELD_SET_COOKIE);

/* True if it has been written in the client's terms. */
static bool put_remapped(struct buf *b, const struct request *r,
    const struct field *f, struct places *p)
{
	static const struct {
		enum field_id id;
		bool (*put)(const struct remap *m, struct slice v,
		    struct buf *b);
	} by[] = {{FIELD_LOCATION, remap_uri},
	    {FIELD_CONTENT_LOCATION, remap_uri},
	    {FIELD_REFRESH, remap_refresh},
	    {FIELD_SET_COOKIE, remap_cookie}};
	const struct conf_policy *policy = &r->route->policy;
	struct buf before = *b;

	for (unsigned i = 0; i < sizeof by / sizeof by[0]; i++) {
		bool wanted = by[i].id == FIELD_SET_COOKIE
		    ? policy->rewrite_cookies : policy->rewrite_location;
		if (by[i].id != f->id || !wanted)
			continue;
		buf_slice(b, f->name);
		BUF_LIT(b, ": ");
		if (by[i].put(places_of(p, r), f->value, b)) {
			BUF_LIT(b, "\r\n");
			return true;
		}
		before.full = b->full;
		*b = before;
	}
	return false;
}

bool compose_place(struct buf *b, const struct request *r, struct slice place)
{
	struct places places = {.known = false};

	return r->route->policy.rewrite_location
	    && remap_uri(places_of(&places, r), place, b);
}

/* Not the backend's to say: a cookie that binds the client to one of them. */
static bool is_sticky(const struct request *r, const struct field *f)
{
	return f->id == FIELD_SET_COOKIE && stick_is_ours(r, f->value);
}

static void put_fields(struct buf *b, const struct request *r,
    const struct head *h)
{
	const struct conf_policy *policy = &r->route->policy;
	const struct conf_edits *e = &policy->response;
	bool edits = e->nset || e->remove.n;
	struct places places = {.known = false};

	for (unsigned i = 0; i < h->nfields; i++) {
		const struct field *f = &h->fields[i];
		if ((f->flags & FIELD_DROP) || f->id == FIELD_CONTENT_LENGTH
		    || (policy->cache.on && (f->id == FIELD_SURROGATE_KEY
		    || f->id == FIELD_X_ACCEL_EXPIRES))
		    || edit_is_among(&policy->hide, f->name)
		    || (edits && edit_drops(e, f->name))
		    || is_sticky(r, f)
		    || ((naming >> f->id & 1)
		    && put_remapped(b, r, f, &places)))
			continue;
		buf_slice(b, f->name);
		BUF_LIT(b, ": ");
		buf_slice(b, f->value);
		BUF_LIT(b, "\r\n");
	}
}

/* A route's word about a field is the last one, also about ours. What the cache
 * has comes from no backend that one could stay with. */
static void put_sticky(struct buf *b, const struct request *r,
    const struct head *h)
{
	if (r->origin.p == NULL
	    && !edit_drops(&r->route->policy.response, SLICE("Set-Cookie")))
		stick_put_cookie(b, r, h->status);
}

void compose_hsts(struct buf *b, const struct request *r,
    const struct conf_edits *edits)
{
	const struct conf_tls *tls = &r->listener->tls;

	if (tls->hsts == 0
	    || (edits && edit_drops(edits, field_name(HSTS))))
		return;
	BUF_LIT(b, "Strict-Transport-Security: max-age=");
	buf_u64(b, tls->hsts / 1000);
	BUF_LIT(b, "\r\n");
}

/* Unless the backend knows better. */
static void put_hsts(struct buf *b, const struct request *r,
    const struct head *h)
{
	const struct conf_policy *policy = &r->route->policy;

	if (!head_has(h, HSTS)
	    || edit_is_among(&policy->hide, field_name(HSTS)))
		compose_hsts(b, r, &policy->response);
}

/* An answer without body says, where it may, what a GET would have got. */
static void put_framing(const struct stride *s, struct buf *b,
    const struct head *h, const struct framing *body)
{
	if (s->f.flags & FLOW_CHUNKED_DOWN) {
		BUF_LIT(b, "Transfer-Encoding: chunked\r\n");
		if ((s->f.flags & FLOW_TRAILERS)
		    && head_has(h, FIELD_TRAILER)) {
			BUF_LIT(b, "Trailer: ");
			buf_slice(b, head_value(h, FIELD_TRAILER));
			BUF_LIT(b, "\r\n");
		}
	} else if (body->kind == BODY_LENGTH) {
		BUF_LIT(b, "Content-Length: ");
		buf_u64(b, body->length);
		BUF_LIT(b, "\r\n");
	} else if (body->kind == BODY_NONE && h->status != 204
	    && head_has(h, FIELD_CONTENT_LENGTH)) {
		BUF_LIT(b, "Content-Length: ");
		buf_slice(b, head_value(h, FIELD_CONTENT_LENGTH));
		BUF_LIT(b, "\r\n");
	}
}

static void put_head(struct buf *b, const struct stride *s,
    const struct head *h, const struct framing *body)
{
	const struct conf_edits *edits = &s->r->route->policy.response;

	compose_status_line(b, h->status, h->reason);
	put_fields(b, s->r, h);
	put_sticky(b, s->r, h);
	put_hsts(b, s->r, h);
	edit_put(b, s->r, edits);
	if (s->r->route->policy.cache.on && s->r->origin.p == NULL)
		fill_put_status(b, s, h->status);
	if (!head_has(h, FIELD_DATE) && !edit_drops(edits, SLICE("Date")))
		compose_date(b);
	put_framing(s, b, h, body);
	compose_connection(s, b);
	BUF_LIT(b, "\r\n");
}

/* Without the framing of a final answer, and without what a route adds. */
static void put_interim(struct buf *b, const struct stride *s,
    const struct head *h, const struct framing *none)
{
	(void)none;
	compose_status_line(b, h->status, h->reason);
	put_fields(b, s->r, h);
	BUF_LIT(b, "\r\n");
}

static void put_tunnel(struct buf *b, const struct stride *s,
    const struct head *h, const struct framing *none)
{
	(void)none;
	compose_status_line(b, h->status, h->reason);
	put_fields(b, s->r, h);
	put_sticky(b, s->r, h);
	put_hsts(b, s->r, h);
	edit_put(b, s->r, &s->r->route->policy.response);
	BUF_LIT(b, "Connection: Upgrade\r\nUpgrade: ");
	buf_slice(b, head_value(h, FIELD_UPGRADE));
	BUF_LIT(b, "\r\n\r\n");
}

typedef void put_any(struct buf *b, const struct stride *s,
    const struct head *h, const struct framing *body);

/* In as small a page as it fits; *n is its length. */
static enum compose append(struct stride *s, const struct head *h,
    const struct framing *body, put_any *put, size_t *n)
{
	struct buf b;

	for (enum page_size size = PAGE_IS_SMALL; size <= PAGE_IS_LARGE;
	    size++) {
		uint32_t page = stride_page(s, size);
		if (page == 0)
			return COMPOSE_NO_PAGE;
		buf_init(&b, page_at(page), page_bytes(page));
		put(&b, s, h, body);
		*n = buf_length(&b);
		if (!b.full) {
			chain_append(&s->f.out, page, 0, (uint16_t)*n);
			return COMPOSE_FINE;
		}
		page_drop(&s->drop, page);
	}
	return COMPOSE_TOO_LARGE;
}

enum compose compose_response_head(struct stride *s, const struct head *h,
    const struct framing *body)
{
	return append(s, h, body, put_head, &s->r->head_bytes);
}

enum compose compose_interim(struct stride *s, const struct head *h)
{
	size_t n;
	enum compose made = append(s, h, NULL, put_interim, &n);

	if (made == COMPOSE_FINE)
		s->f.answer_at += n;
	return made;
}

enum compose compose_tunnel_head(struct stride *s, const struct head *h)
{
	return append(s, h, NULL, put_tunnel, &s->r->head_bytes);
}
