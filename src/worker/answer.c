/* SPDX-License-Identifier: BSD-2-Clause */
/* answer: responses that Portico makes itself. */
#include <stdio.h>

#include "base/log.h"
#include "http/status.h"
#include "worker/answer.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/edit.h"
#include "worker/expand.h"
#include "worker/notice.h"
#include "worker/redirect.h"
#include "worker/request.h"
#include "worker/terse.h"

#define TEXT_MOST 200 /* bytes of method, target or host in a line */
#define ASKED (3 * TEXT_MOST + 16)

static struct slice cut_short(struct slice s)
{
	return slice_make(s.p, s.n > TEXT_MOST ? TEXT_MOST : s.n);
}

/* : "GET /a" for shop.example, as much of it as has come. */
static const char *name_request(const struct request *r, char to[ASKED])
{
	struct slice method = cut_short(r->head.method);
	struct slice target = cut_short(r->head.target);
	struct slice host = cut_short(r->host);
	int n = 0;

	to[0] = '\0';
	if (method.n + target.n > 0)
		n = snprintf(to, ASKED, ": \"%.*s %.*s\"", SLICE_FMT(method),
		    SLICE_FMT(target));
	if (host.n > 0)
		snprintf(to + n, ASKED - (size_t)n, " for %.*s",
		    SLICE_FMT(host));
	return to;
}

void answer_log(const struct stride *s, enum log_level level,
    const char *what)
{
	const struct request *r = s->r;
	const struct conf_backend *b = r->backend;
	bool plain = s->f.cause == CAUSE_REFUSED || r->why == NULL;
	char client[ADDR_TEXT], asked[ASKED];

	if (!log_wants(level))
		return;
	addr_format_ip(&r->client, client);
	(level == LOG_LEVEL_WARN ? log_warn : log_info)(
	    "%s%s: %s: %s%s%s%s%s%s%s", client, name_request(r, asked), what,
	    b ? b->pool_name : "", b ? "/" : "", b ? b->name : "",
	    b ? ": " : "",
	    s->f.cause == CAUSE_REFUSED ? "" : cause_text[s->f.cause],
	    plain ? "" : ": ", r->why ? r->why : "");
}

/* Nobody could take it: then it is true of the next one, too. */
static bool found_no_place(const struct stride *s)
{
	enum cause cause = (enum cause)s->f.cause;

	return cause == CAUSE_NO_BACKEND || cause == CAUSE_QUEUE_FULL
	    || cause == CAUSE_QUEUE_TIMEOUT;
}

/* The operator reads why; the client reads the status only. */
static void say_why(const struct stride *s)
{
	static struct terse lines;
	char what[32];

	if (s->f.cause == CAUSE_NONE || (found_no_place(s)
	    && !terse_may_say(&lines, s->now,
	    "requests that no backend could take")))
		return;
	snprintf(what, sizeof what, "answered %u", s->f.status);
	answer_log(s, s->f.status >= 500 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
	    what);
}

static bool is_error(const struct stride *s)
{
	const struct conf_route *route = s->r->route;

	return s->f.cause != CAUSE_NONE || route == NULL
	    || route->action == CONF_DENY || route->action == CONF_POOL
	    || route->action == CONF_SPLIT;
}

/* What the route says, or the page of a status. */
static struct notice choose(const struct stride *s, char room[NOTICE_PLAIN])
{
	const struct conf_route *route = s->r->route;

	if (s->f.cause == CAUSE_LAST_HOP)
		return (struct notice){{NULL, 0}, {NULL, 0}};
	if (s->r->own.n)
		return (struct notice){SLICE("text/plain"), s->r->own};
	if (!is_error(s) && route->action == CONF_RESPOND)
		return (struct notice){route->respond.type,
		    route->respond.body};
	return notice_of(s->r, s->f.status, room);
}

static bool has_no_body(unsigned status)
{
	return status == 204 || status == 304;
}

/* A route's word about a field is the last one, also about ours. */
static bool is_edited(const struct conf_edits *edits, struct slice name)
{
	return edits && edit_drops(edits, name);
}

static void put_location(const struct stride *s, struct buf *b,
    const struct conf_edits *edits)
{
	const struct conf_route *route = s->r->route;

	if (is_edited(edits, SLICE("Location")))
		return;
	if (!s->r->to_https
	    && (is_error(s) || route->action != CONF_REDIRECT))
		return;
	BUF_LIT(b, "Location: ");
	if (s->r->to_https)
		redirect_put(b, s->r);
	else
		expand_redirect(b, s->r);
	BUF_LIT(b, "\r\n");
}

/* RFC 9110, 15.5.6 */
static void put_allow(const struct stride *s, struct buf *b,
    const struct conf_edits *edits)
{
	if ((s->f.status == 405 || s->f.cause == CAUSE_LAST_HOP)
	    && !is_edited(edits, SLICE("Allow")))
		BUF_LIT(b, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, "
		    "OPTIONS\r\n");
}

/* RFC 9110, 10.2.3: who waits as long as a queue does finds it shorter. */
static void put_retry_after(const struct stride *s, struct buf *b,
    const struct conf_edits *edits)
{
	if (!found_no_place(s) || is_edited(edits, SLICE("Retry-After")))
		return;
	uint32_t wait = s->r->home->queue.timeout;
	BUF_LIT(b, "Retry-After: ");
	buf_u64(b, wait > 1000 ? (wait - 1) / 1000 + 1 : 1);
	BUF_LIT(b, "\r\n");
}

static void put_length(const struct stride *s, struct buf *b,
    const struct notice *page, const struct conf_edits *edits)
{
	if (has_no_body(s->f.status))
		return;
	if (page->body.n && !is_edited(edits, SLICE("Content-Type"))) {
		BUF_LIT(b, "Content-Type: ");
		buf_slice(b, page->type);
		BUF_LIT(b, "\r\n");
	}
	BUF_LIT(b, "Content-Length: ");
	buf_u64(b, page->body.n);
	BUF_LIT(b, "\r\n");
}

static bool put_head(const struct stride *s, char *at,
    const struct notice *page, const struct conf_edits *edits)
{
	struct buf made, *b = &made;

	buf_init(b, at, PAGE_LARGE);
	compose_status_line(b, s->f.status, slice_make("", 0));
	if (!is_edited(edits, SLICE("Date")))
		compose_date(b);
	put_location(s, b, edits);
	put_allow(s, b, edits);
	put_retry_after(s, b, edits);
	compose_hsts(b, s->r, edits);
	put_length(s, b, page, edits);
	if (edits)
		edit_put(b, s->r, edits);
	compose_connection(s, b);
	BUF_LIT(b, "\r\n");
	s->r->head_bytes = buf_length(b);
	return !b->full;
}

static bool compose(struct stride *s)
{
	char room[NOTICE_PLAIN];
	const struct conf_policy *policy = request_policy(s->r);
	struct notice page = choose(s, room);
	uint32_t n = stride_page(s, PAGE_IS_LARGE);

	if (n == 0)
		return false;
	if (!put_head(s, page_at(n), &page, policy ? &policy->response
	    : NULL)) {
		/* too large by what the client put into it */
		s->f.status = 500;
		s->f.cause = CAUSE_ARENA;
		page = choose(s, room);
		MUST(put_head(s, page_at(n), &page, NULL));
	}
	chain_append(&s->f.out, n, 0, (uint16_t)s->r->head_bytes);
	if (s->r->head.method_id == METHOD_HEAD || has_no_body(s->f.status))
		return true;
	/* the configuration keeps bodies below what a row may have */
	return stride_fill(s, &s->f.out, &page.body, PAGES_PER_ROW);
}

#define BODY_OVER 65536 /* bytes read over for the sake of keep-alive */

next_step answer_with(struct stride *s, unsigned status, enum cause cause)
{
	const struct request *r = s->r;

	if ((s->f.flags & FLOW_BODY_WHOLE) || head_has(&r->head, FIELD_EXPECT)
	    || r->framing.length > BODY_OVER)
		return stride_refuse(s, status, cause, NULL);
	s->f.status = (uint16_t)status;
	s->f.cause = cause;
	s->f.flags |= FLOW_OWN;
	return NEXT(STEP_BODY);
}

next_step answer_run(struct stride *s)
{
	bool begun = s->f.out.length > 0; /* an interim answer */

	stride_leave(s);
	chain_clear(&s->f.body, &s->drop);
	if (s->drop.n)
		stride_publish(s);
	if (lobby_order() != LOBBY_RUN)
		s->f.flags |= FLOW_CLOSE;
	if (!compose(s)) {
		if (begun)
			return stride_cut(s, CAUSE_NO_PAGES);
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
