/* SPDX-License-Identifier: BSD-2-Clause */
/* The request's head for the backend. */
#include "worker/compose.h"

#include "http/chunk.h"
#include "http/forward.h"
#include "worker/edit.h"
#include "worker/fill.h"
#include "worker/identity.h"
#include "worker/key.h"
#include "worker/proxied.h"
#include "worker/stick.h"
#include "worker/target.h"
#include "worker/told.h"

static void put_field(struct buf *b, struct slice name, struct slice value)
{
	buf_slice(b, name);
	BUF_LIT(b, ": ");
	buf_slice(b, value);
	BUF_LIT(b, "\r\n");
}

static enum target put_start_line(struct buf *b, const struct request *r)
{
	buf_slice(b, r->head.method);
	BUF_LIT(b, " ");
	enum target made = target_put(b, r);
	BUF_LIT(b, " HTTP/1.1\r\n");
	return made;
}

struct slice compose_host_asked(const struct request *r)
{
	if (r->uri.authority.n)
		return r->uri.authority;
	return head_value(&r->head, FIELD_HOST);
}

struct slice compose_scheme(const struct request *r)
{
	return r->listener->tls.on ? SLICE("https") : SLICE("http");
}

struct slice compose_scheme_asked(const struct request *r)
{
	if (!r->trusted || !head_has(&r->head, FIELD_X_FORWARDED_PROTO))
		return compose_scheme(r);
	struct slice said = head_value(&r->head, FIELD_X_FORWARDED_PROTO);
	bool known = !head_has_many(&r->head, FIELD_X_FORWARDED_PROTO)
	    && (slice_caseeq(said, SLICE("http"))
	    || slice_caseeq(said, SLICE("https")));
	return known ? said : slice_make("", 0);
}

struct slice compose_host_for(const struct request *r,
    const struct conf_pool *pool)
{
	if (pool->host == CONF_HOST_NAME)
		return pool->host_name;
	if (pool->host == CONF_HOST_BACKEND)
		return slice_make("", 0);
	return compose_host_asked(r);
}

static struct slice host_sent(const struct request *r)
{
	struct slice host = r->pool->host == CONF_HOST_PRESERVE
	    ? told_host(r) : compose_host_for(r, r->pool);

	return host.n ? host : r->backend->host;
}

/* Fields that we write ourselves, or that nobody but we may write. */
#define BIT(id) (1ull << (id))
static const uint64_t ours = BIT(FIELD_HOST) | BIT(FIELD_CONTENT_LENGTH)
    | BIT(FIELD_EXPECT) | BIT(FIELD_X_FORWARDED_FOR)
    | BIT(FIELD_X_FORWARDED_PROTO) | BIT(FIELD_X_FORWARDED_HOST)
    | BIT(FIELD_X_FORWARDED_PORT) | BIT(FIELD_X_REAL_IP)
    | BIT(FIELD_FORWARDED) | BIT(FIELD_X_REQUEST_ID);

static const struct conf_edits *edits_of(const struct request *r)
{
	return &r->route->policy.request;
}

/* A route's word about a field is the last one, also about ours. */
static bool is_edited(const struct request *r, struct slice name)
{
	const struct conf_edits *e = edits_of(r);

	return (e->nset || e->remove.n) && edit_drops(e, name);
}

/* RFC 9110, 7.6.2 */
static void put_max_forwards(struct buf *b, struct slice value)
{
	uint64_t left;

	if (!slice_u64(value, &left) || left == 0)
		return;
	BUF_LIT(b, "Max-Forwards: ");
	buf_u64(b, left - 1);
	BUF_LIT(b, "\r\n");
}

#define CONDITIONS (BIT(FIELD_IF_MATCH) | BIT(FIELD_IF_NONE_MATCH)             \
    | BIT(FIELD_IF_MODIFIED_SINCE) | BIT(FIELD_IF_UNMODIFIED_SINCE)            \
    | BIT(FIELD_IF_RANGE) | BIT(FIELD_RANGE))

static void put_fields(struct buf *b, const struct stride *s)
{
	const struct request *r = s->r;
	uint64_t not_theirs = ours | (fill_replaces_conditions(s) ? CONDITIONS
	    : 0);
	bool options = r->head.method_id == METHOD_OPTIONS;
	bool shared = r->route->policy.cache.on && key_is_for_cache(r);
	bool sticky = head_has(&r->head, FIELD_COOKIE) && stick_is_on(r);

	for (unsigned i = 0; i < r->head.nfields; i++) {
		const struct field *f = &r->head.fields[i];
		if ((f->flags & (FIELD_DROP | FIELD_UNDERSCORE))
		    || (f->id != FIELD_OTHER && not_theirs >> f->id & 1)
		    || is_edited(r, f->name)
		    || (shared && f->id == FIELD_OTHER
		    && told_is_override(r, f->name)))
			continue;
		if (options && f->id == FIELD_MAX_FORWARDS)
			put_max_forwards(b, f->value);
		else if (sticky && f->id == FIELD_COOKIE)
			stick_put_cookies(b, r, f);
		else
			put_field(b, f->name, f->value);
	}
	edit_put(b, r, edits_of(r));
}

/* What is for the next hop only (RFC 9110, 7.6.1 and 7.8). */
static void put_hop(struct buf *b, const struct request *r)
{
	if (r->wants_websocket)
		BUF_LIT(b, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
	else if (r->wants_trailers)
		BUF_LIT(b, "Connection: TE\r\nTE: trailers\r\n");
}

/* The lists of a trusted peer go on, and the peer is their newest element. */
static void put_earlier(struct buf *b, const struct request *r,
    enum field_id id)
{
	const struct field *f = r->trusted ? head_find(&r->head, id) : NULL;

	for (; f != NULL; f = head_find_next(&r->head, f))
		if (f->value.n) {
			buf_slice(b, f->value);
			BUF_LIT(b, ", ");
		}
}

static void put_one_or(struct buf *b, const struct request *r,
    enum field_id id, const char *name, struct slice value)
{
	if (r->trusted && head_has(&r->head, id))
		value = head_value(&r->head, id);
	if (value.n && !is_edited(r, slice_str(name)))
		put_field(b, slice_str(name), value);
}

/* A list whose newest element is the peer. */
static void put_list(struct buf *b, const struct request *r, enum field_id id,
    struct slice name, struct slice newest)
{
	if (is_edited(r, name))
		return;
	buf_slice(b, name);
	BUF_LIT(b, ": ");
	put_earlier(b, r, id);
	buf_slice(b, newest);
	BUF_LIT(b, "\r\n");
}

static void put_forwarded(struct buf *b, const struct stride *s)
{
	const struct request *r = s->r;
	struct addr peer = conn_from(s->c);
	struct slice host = told_host(r);
	char text[ADDR_TEXT], element[ADDR_TEXT + URI_HOST_MAX + 64];
	size_t n = addr_format_ip(&peer, text);

	put_list(b, r, FIELD_X_FORWARDED_FOR, SLICE("X-Forwarded-For"),
	    slice_make(text, n));
	put_one_or(b, r, FIELD_X_FORWARDED_PROTO, "X-Forwarded-Proto",
	    compose_scheme(r));
	put_one_or(b, r, FIELD_X_FORWARDED_HOST, "X-Forwarded-Host", host);
	if (r->trusted)
		put_one_or(b, r, FIELD_X_FORWARDED_PORT, "X-Forwarded-Port",
		    SLICE(""));
	n = forward_put_element(element, 0, sizeof element, &peer,
	    compose_scheme(r), host);
	put_list(b, r, FIELD_FORWARDED, SLICE("Forwarded"),
	    slice_make(element, n));
	put_one_or(b, r, FIELD_X_REQUEST_ID, "X-Request-Id",
	    slice_make(r->id, REQUEST_ID));
}

/* Who the client is, by the certificate that it has shown. */
static void put_identity(struct buf *b, const struct stride *s)
{
	struct slice rest = identity_lines(s), line, name, value;

	while (identity_next(&rest, &line)) {
		value = line;
		name = slice_cut(&value, ':');
		if (!is_edited(s->r, name)) {
			buf_slice(b, line);
			BUF_LIT(b, "\r\n");
		}
	}
}

/* A body that is here whole has a length, however it came; one that is not
 * goes on as it comes. */
static void put_framing(struct buf *b, const struct stride *s)
{
	const struct framing *body = &s->r->framing;

	if (body->kind == BODY_NONE)
		return;
	if (s->f.flags & FLOW_CHUNKED_UP) {
		BUF_LIT(b, "Transfer-Encoding: chunked\r\n");
		if (head_has(&s->r->head, FIELD_TRAILER))
			put_field(b, SLICE("Trailer"),
			    head_value(&s->r->head, FIELD_TRAILER));
		return;
	}
	BUF_LIT(b, "Content-Length: ");
	buf_u64(b, body->kind == BODY_LENGTH ? body->length
	    : s->f.body.length);
	BUF_LIT(b, "\r\n");
}

/* What is there of the body is the first chunk; what is behind it, if it is
 * whole, closes it. */
static void put_first_size(struct buf *b, const struct flow *f)
{
	size_t n = (size_t)(f->body.length - f->tail);
	char size[CHUNK_SIZE_ROOM], *end = size + sizeof size;

	if (!(f->flags & FLOW_CHUNKED_UP) || n == 0)
		return;
	char *p = chunk_put_size(end, n);
	buf_put(b, p, (size_t)(end - p));
}

enum target compose_put_request_head(struct buf *b, const struct stride *s)
{
	enum target made = put_start_line(b, s->r);

	put_field(b, SLICE("Host"), host_sent(s->r));
	put_fields(b, s);
	fill_put_conditions(b, s);
	put_forwarded(b, s);
	put_identity(b, s);
	put_framing(b, s);
	put_hop(b, s->r);
	BUF_LIT(b, "\r\n");
	put_first_size(b, &s->f);
	return made;
}

static void hang_head(struct stride *s, uint32_t page, const struct buf *b)
{
	s->f.bhead = page;
	s->f.bhead_off = (uint16_t)(b->start - page_at(page));
	s->f.bhead_len = (uint16_t)buf_length(b);
}

/* A connection begins with the PROXY header, and has one request; a gate has
 * sent it where there is TLS. */
static enum target put_first(struct buf *b, const struct stride *s)
{
	char room[PROXYPROTO_ROOM];

	if (s->r->pool->proxy_protocol && !s->r->backend->tls)
		buf_put(b, room, proxied_put(s, room));
	return compose_put_request_head(b, s);
}

enum compose compose_request_head(struct stride *s)
{
	struct arena *a = &s->r->arena;
	struct buf b;

	s->f.flags &= ~(uint32_t)FLOW_CHUNKED_UP;
	if ((s->f.flags & FLOW_CHUNKED_IN)
	    && (!(s->f.flags & FLOW_BODY_WHOLE) || s->f.tail))
		s->f.flags |= FLOW_CHUNKED_UP;
	buf_init(&b, a->at, (size_t)(a->end - a->at));
	enum target made = put_first(&b, s);
	if (made == TARGET_REGEX)
		return COMPOSE_REGEX;
	if (!b.full && made == TARGET_DOTS)
		return COMPOSE_DOTS;
	if (!b.full) {
		/* each attempt writes it anew, so the arena does not grow */
		hang_head(s, s->f.req, &b);
		return COMPOSE_FINE;
	}
	uint32_t page = stride_page(s, PAGE_IS_LARGE);
	if (page == 0)
		return COMPOSE_NO_PAGE;
	buf_init(&b, page_at(page), PAGE_LARGE);
	made = put_first(&b, s);
	hang_head(s, page, &b);
	return b.full ? COMPOSE_TOO_LARGE
	    : made == TARGET_DOTS ? COMPOSE_DOTS : COMPOSE_FINE;
}
