/* SPDX-License-Identifier: BSD-2-Clause */
/* answer: responses that Portico makes itself. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "http/status.h"
#include "worker/answer.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/request.h"

#define TARGET_MOST 200

void answer_log(const struct stride *s, enum log_level level,
    const char *what)
{
	const struct request *r = s->r;
	const struct conf_backend *b = r->backend;
	bool plain = s->f.cause == CAUSE_REFUSED || r->why == NULL;
	struct slice target = r->head.target;
	char client[ADDR_TEXT];

	if (!log_wants(level))
		return;
	addr_format_ip(&r->client, client);
	if (target.n > TARGET_MOST)
		target.n = TARGET_MOST;
	(level == LOG_LEVEL_WARN ? log_warn : log_info)(
	    "%s: \"%.*s %.*s\": %s: %s%s%s%s%s%s%s", client,
	    SLICE_FMT(r->head.method), SLICE_FMT(target), what,
	    b ? b->pool_name : "", b ? "/" : "", b ? b->name : "",
	    b ? ": " : "",
	    s->f.cause == CAUSE_REFUSED ? "" : cause_text[s->f.cause],
	    plain ? "" : ": ", r->why ? r->why : "");
}

/* The operator reads why; the client reads the status only. */
static void say_why(const struct stride *s)
{
	char what[32];

	if (s->f.cause == CAUSE_NONE)
		return;
	snprintf(what, sizeof what, "answered %u", s->f.status);
	answer_log(s, s->f.status >= 500 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
	    what);
}

static bool is_error(const struct stride *s)
{
	const struct conf_route *route = s->r->route;

	return s->f.cause != CAUSE_NONE || route == NULL
	    || route->action == CONF_DENY || route->action == CONF_POOL;
}

static void make_page(struct buf *b, unsigned status)
{
	const char *reason = status_reason(status);

	BUF_LIT(b, "<!DOCTYPE html>\n<html><head><title>");
	buf_u64(b, status);
	BUF_LIT(b, " ");
	buf_str(b, reason);
	BUF_LIT(b, "</title></head>\n<body><h1>");
	buf_u64(b, status);
	BUF_LIT(b, " ");
	buf_str(b, reason);
	BUF_LIT(b, "</h1></body></html>\n");
}

struct own {
	struct slice type, body, location;
};

/* What the route says, or the page of a status. */
static struct own choose(const struct stride *s, struct buf *page)
{
	const struct conf_route *route = s->r->route;
	struct own o = {SLICE("text/html; charset=utf-8"), {NULL, 0},
	    {NULL, 0}};

	if (!is_error(s) && route->action == CONF_RESPOND) {
		o.type = route->respond.type;
		o.body = route->respond.body;
		return o;
	}
	if (!is_error(s) && route->action == CONF_REDIRECT)
		o.location = route->redirect.to.source;
	make_page(page, s->f.status);
	o.body = slice_make(page->start, buf_length(page));
	return o;
}

static bool has_no_body(unsigned status)
{
	return status == 204 || status == 304;
}

static void put_head(const struct stride *s, struct buf *b,
    const struct own *o)
{
	compose_status_line(b, s->f.status, slice_make("", 0));
	compose_date(b);
	if (o->location.n) {
		BUF_LIT(b, "Location: ");
		buf_slice(b, o->location);
		BUF_LIT(b, "\r\n");
	}
	if (!has_no_body(s->f.status)) {
		if (o->body.n) {
			BUF_LIT(b, "Content-Type: ");
			buf_slice(b, o->type);
			BUF_LIT(b, "\r\n");
		}
		BUF_LIT(b, "Content-Length: ");
		buf_u64(b, o->body.n);
		BUF_LIT(b, "\r\n");
	}
	compose_connection(s, b);
	BUF_LIT(b, "\r\n");
}

/* A body as long as the configuration allows goes to as many pages as the
 * row may have. */
static bool put_body(struct stride *s, struct slice body)
{
	while (body.n > 0) {
		if (chain_room(&s->f.out) == 0) {
			uint32_t page = stride_page(s, PAGE_IS_LARGE);
			if (page == 0)
				return false;
			chain_append(&s->f.out, page, 0, 0);
		}
		size_t n = chain_room(&s->f.out);
		if (n > body.n)
			n = body.n;
		memcpy(chain_space(&s->f.out), body.p, n);
		chain_grow(&s->f.out, (uint32_t)n);
		body.p += n;
		body.n -= n;
	}
	return true;
}

static bool compose(struct stride *s)
{
	char text[512];
	struct buf page, b;

	buf_init(&page, text, sizeof text);
	struct own o = choose(s, &page);
	uint32_t n = stride_page(s, PAGE_IS_LARGE);
	if (n == 0)
		return false;
	buf_init(&b, page_at(n), PAGE_LARGE);
	put_head(s, &b, &o);
	MUST(!b.full);
	s->r->head_bytes = buf_length(&b);
	chain_append(&s->f.out, n, 0, (uint16_t)buf_length(&b));
	if (s->r->head.method_id == METHOD_HEAD || has_no_body(s->f.status))
		return true;
	return put_body(s, o.body);
}

next_step answer_run(struct stride *s)
{
	if (s->f.peer >= 0 || s->c->holds)
		attempt_end(s);
	chain_clear(&s->f.body, &s->drop);
	if (s->drop.n)
		stride_publish(s);
	if (lobby_order() != LOBBY_RUN)
		s->f.flags |= FLOW_CLOSE;
	if (!compose(s)) {
		chain_clear(&s->f.out, &s->drop);
		stride_publish(s);
		return stride_wait_for_pages(s);
	}
	say_why(s);
	s->r->status = s->f.status;
	s->f.flags |= FLOW_ANSWERED;
	s->f.step = STEP_FLUSH;
	stride_publish(s);
	return NEXT(STEP_FLUSH);
}
