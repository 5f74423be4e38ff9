/* SPDX-License-Identifier: BSD-2-Clause */
/* The request's head for the backend. */
#include "worker/compose.h"

#include <stdio.h>

#include "http/chunk.h"
#include "http/forward.h"

static void put_field(struct buf *b, struct slice name, struct slice value)
{
	buf_slice(b, name);
	BUF_LIT(b, ": ");
	buf_slice(b, value);
	BUF_LIT(b, "\r\n");
}

static void put_start_line(struct buf *b, const struct request *r)
{
	buf_slice(b, r->head.method);
	BUF_LIT(b, " ");
	buf_slice(b, r->uri.path.n ? r->uri.path : SLICE("/"));
	if (r->uri.query.p) {
		BUF_LIT(b, "?");
		buf_slice(b, r->uri.query);
	}
	BUF_LIT(b, " HTTP/1.1\r\n");
}

/* What the client asked for, as it wrote it. */
static struct slice host_asked(const struct request *r)
{
	if (r->uri.authority.n)
		return r->uri.authority;
	return head_value(&r->head, FIELD_HOST);
}

static void put_host(struct buf *b, const struct request *r)
{
	struct slice host = host_asked(r);

	if (r->pool->host == CONF_HOST_NAME)
		host = r->pool->host_name;
	else if (r->pool->host == CONF_HOST_BACKEND || host.n == 0)
		host = r->backend->host;
	put_field(b, SLICE("Host"), host);
}

/* Fields that we write ourselves, or that nobody but we may write. */
#define BIT(id) (1ull << (id))
static const uint64_t ours = BIT(FIELD_HOST) | BIT(FIELD_CONTENT_LENGTH)
    | BIT(FIELD_EXPECT) | BIT(FIELD_X_FORWARDED_FOR)
    | BIT(FIELD_X_FORWARDED_PROTO) | BIT(FIELD_X_FORWARDED_HOST)
    | BIT(FIELD_X_FORWARDED_PORT) | BIT(FIELD_X_REAL_IP)
    | BIT(FIELD_FORWARDED) | BIT(FIELD_X_REQUEST_ID);

static void put_fields(struct buf *b, const struct head *h)
{
	for (unsigned i = 0; i < h->nfields; i++) {
		const struct field *f = &h->fields[i];
		if ((f->flags & (FIELD_DROP | FIELD_UNDERSCORE))
		    || (f->id != FIELD_OTHER && ours >> f->id & 1))
			continue;
		put_field(b, f->name, f->value);
	}
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
	if (value.n == 0)
		return;
	put_field(b, slice_str(name), value);
}

static void put_forwarded(struct buf *b, const struct stride *s)
{
	const struct request *r = s->r;
	struct addr peer = conn_from(s->c);
	char text[ADDR_TEXT], element[ADDR_TEXT + URI_HOST_MAX + 64];
	size_t n = addr_format_ip(&peer, text);

	BUF_LIT(b, "X-Forwarded-For: ");
	put_earlier(b, r, FIELD_X_FORWARDED_FOR);
	buf_put(b, text, n);
	BUF_LIT(b, "\r\n");
	put_one_or(b, r, FIELD_X_FORWARDED_PROTO, "X-Forwarded-Proto",
	    SLICE("http"));
	put_one_or(b, r, FIELD_X_FORWARDED_HOST, "X-Forwarded-Host",
	    host_asked(r));
	if (r->trusted)
		put_one_or(b, r, FIELD_X_FORWARDED_PORT, "X-Forwarded-Port",
		    SLICE(""));
	n = forward_put_element(element, 0, sizeof element, &peer,
	    SLICE("http"), host_asked(r));
	BUF_LIT(b, "Forwarded: ");
	put_earlier(b, r, FIELD_FORWARDED);
	buf_put(b, element, n);
	BUF_LIT(b, "\r\n");
	put_one_or(b, r, FIELD_X_REQUEST_ID, "X-Request-Id",
	    slice_make(r->id, REQUEST_ID));
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
		return;
	}
	BUF_LIT(b, "Content-Length: ");
	buf_u64(b, body->kind == BODY_LENGTH ? body->length
	    : s->f.body.length);
	BUF_LIT(b, "\r\n");
}

static void put_head(struct buf *b, const struct stride *s)
{
	put_start_line(b, s->r);
	put_host(b, s->r);
	put_fields(b, &s->r->head);
	put_forwarded(b, s);
	put_framing(b, s);
	BUF_LIT(b, "\r\n");
	if (s->f.flags & FLOW_CHUNKED_UP) {
		char size[CHUNK_SIZE_ROOM];
		char *end = size + sizeof size;
		char *p = chunk_put_size(end, (size_t)s->f.body.length);
		buf_put(b, p, (size_t)(end - p));
	}
}

static void hang_head(struct stride *s, uint32_t page, const struct buf *b)
{
	s->f.bhead = page;
	s->f.bhead_off = (uint16_t)(b->start - page_at(page));
	s->f.bhead_len = (uint16_t)buf_length(b);
}

enum compose compose_request_head(struct stride *s)
{
	struct arena *a = &s->r->arena;
	struct buf b;

	s->f.flags &= ~(uint32_t)FLOW_CHUNKED_UP;
	if ((s->f.flags & FLOW_CHUNKED_IN) && !(s->f.flags & FLOW_BODY_WHOLE))
		s->f.flags |= FLOW_CHUNKED_UP;
	buf_init(&b, a->at, (size_t)(a->end - a->at));
	put_head(&b, s);
	if (!b.full) {
		/* each attempt writes it anew, so the arena does not grow */
		hang_head(s, s->f.req, &b);
		return COMPOSE_FINE;
	}
	uint32_t page = stride_page(s, PAGE_IS_LARGE);
	if (page == 0)
		return COMPOSE_NO_PAGE;
	buf_init(&b, page_at(page), PAGE_LARGE);
	put_head(&b, s);
	hang_head(s, page, &b);
	return b.full ? COMPOSE_TOO_LARGE : COMPOSE_FINE;
}
