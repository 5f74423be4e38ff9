/* SPDX-License-Identifier: BSD-2-Clause */
/* The response's head for the client. */
#include "base/clock.h"
#include "http/date.h"
#include "http/status.h"
#include "worker/compose.h"

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

static bool is_hidden(const struct conf_list *hide, struct slice name)
{
	for (unsigned i = 0; i < hide->n; i++)
		if (hide->at[i].n == name.n
		    && slice_caseeq(hide->at[i], name))
			return true;
	return false;
}

static void put_fields(struct buf *b, const struct head *h,
    const struct conf_list *hide)
{
	for (unsigned i = 0; i < h->nfields; i++) {
		const struct field *f = &h->fields[i];
		if ((f->flags & FIELD_DROP) || f->id == FIELD_CONTENT_LENGTH
		    || is_hidden(hide, f->name))
			continue;
		buf_slice(b, f->name);
		BUF_LIT(b, ": ");
		buf_slice(b, f->value);
		BUF_LIT(b, "\r\n");
	}
}

/* An answer without body says, where it may, what a GET would have got. */
static void put_framing(const struct stride *s, struct buf *b,
    const struct head *h, const struct framing *body)
{
	if (s->f.flags & FLOW_CHUNKED_DOWN) {
		BUF_LIT(b, "Transfer-Encoding: chunked\r\n");
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
	compose_status_line(b, h->status, h->reason);
	put_fields(b, h, &s->r->route->policy.hide);
	if (!head_has(h, FIELD_DATE))
		compose_date(b);
	put_framing(s, b, h, body);
	compose_connection(s, b);
	BUF_LIT(b, "\r\n");
}

enum compose compose_response_head(struct stride *s, const struct head *h,
    const struct framing *body)
{
	struct buf b;

	for (enum page_size size = PAGE_IS_SMALL; size <= PAGE_IS_LARGE;
	    size++) {
		uint32_t page = stride_page(s, size);
		if (page == 0)
			return COMPOSE_NO_PAGE;
		buf_init(&b, page_at(page), page_bytes(page));
		put_head(&b, s, h, body);
		if (!b.full) {
			s->r->head_bytes = buf_length(&b);
			chain_append(&s->f.out, page, 0,
			    (uint16_t)buf_length(&b));
			return COMPOSE_FINE;
		}
		page_drop(&s->drop, page);
	}
	return COMPOSE_TOO_LARGE;
}
