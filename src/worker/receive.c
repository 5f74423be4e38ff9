/* SPDX-License-Identifier: BSD-2-Clause */
/* receive: is the head complete and lawful, and how long is the body. */
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "shm/slot.h"
#include "worker/account.h"
#include "worker/client.h"
#include "worker/inbound.h"
#include "worker/proxied.h"
#include "worker/random.h"
#include "worker/request.h"
#include "worker/secure.h"
#include "worker/worker.h"

#define FIELDS_MOST 200 /* upper bound of max_headers */

/* What the backend's head needs beside the fields it copies. */
#define ARENA_SPARE 640

static const struct conf_listener *listener_of(const struct stride *s)
{
	return &worker_conf->listeners[s->c->listener];
}

/* Bytes that have come and are not used go to a new page. */
static bool move_in(struct stride *s, enum page_size size)
{
	uint32_t page = stride_page(s, size);
	uint16_t n = (uint16_t)(s->f.in_end - s->f.in_start);

	if (page == 0)
		return false;
	if (s->f.in) {
		memcpy(page_at(page), page_at(s->f.in) + s->f.in_start, n);
		page_drop(&s->drop, s->f.in);
	}
	s->f.in = page;
	s->f.in_start = 0;
	s->f.in_end = n;
	return true;
}

/* There is a page with room, and the row says that bytes go there. */
static bool have_room(struct stride *s)
{
	bool full = s->f.in && s->f.in_end == page_bytes(s->f.in);

	if (s->f.in && !full && s->f.receive == RECEIVE_IN)
		return true;
	if (full && !move_in(s, s->f.in_start ? page_size_of(s->f.in)
	    : PAGE_IS_LARGE))
		return false;
	if (s->f.in == 0 && !move_in(s, PAGE_IS_SMALL))
		return false;
	s->f.receive = RECEIVE_IN;
	stride_publish(s);
	return true;
}

static void drop_in(struct stride *s)
{
	page_drop(&s->drop, s->f.in);
	s->f.in = 0;
	s->f.in_start = s->f.in_end = 0;
	s->f.receive = RECEIVE_NOWHERE;
}

/* Some of the head, or of a record that may bring it. */
static bool has_begun(const struct stride *s)
{
	const struct secure *x = &s->f.side[SIDE_CLIENT];

	return s->f.in || (secure_is_on(s, SIDE_CLIENT)
	    && x->raw_end > x->raw_start);
}

static next_step wait_for_head(struct stride *s)
{
	const struct conf_listener *l = listener_of(s);

	if (s->f.in_end == s->f.in_start)
		drop_in(s);
	if (has_begun(s)) {
		if (!(s->f.flags & FLOW_HEAD_BEGUN)
		    || s->f.wait == WAIT_TURN)
			s->f.deadline = s->now + l->timeouts.header;
		s->f.flags |= FLOW_HEAD_BEGUN;
		return BECOME(STEP_RECEIVE, WAIT_CLIENT);
	}
	if (lobby_order() >= LOBBY_HURRY)
		return NEXT(STEP_CLOSE);
	s->f.flags &= ~(uint32_t)FLOW_HEAD_BEGUN;
	s->f.deadline = s->now + (s->c->number ? l->timeouts.keepalive
	    : l->timeouts.header);
	return BECOME(STEP_RECEIVE, WAIT_CLIENT);
}

/* The request's own memory: as small as what it needs will fit. */
static struct request *open_request(struct stride *s, const struct head *h,
    size_t length)
{
	size_t need = sizeof(struct request) + h->nfields * sizeof *h->fields
	    + 2 * length + ARENA_SPARE;
	uint32_t page = stride_page(s, need > PAGE_SMALL ? PAGE_IS_LARGE
	    : PAGE_IS_SMALL);

	if (page == 0)
		return NULL;
	struct request *r = (struct request *)(void *)page_at(page);
	memset(r, 0, sizeof *r);
	r->magic = REQUEST_MAGIC;
	arena_init(&r->arena, r + 1, page_bytes(page) - sizeof *r);
	r->head = *h;
	r->head.fields = arena_alloc(&r->arena,
	    h->nfields * sizeof *h->fields);
	if (r->head.fields && h->nfields)
		memcpy(r->head.fields, h->fields,
		    h->nfields * sizeof *h->fields);
	r->listener = listener_of(s);
	s->f.req = page;
	s->r = r;
	return r;
}

static void begin_request(struct stride *s, size_t length)
{
	struct flow *f = &s->f;

	s->c->number++;
	s->c->gone = 0;
	account_mark(s, TIME_HEAD);
	f->request_at = f->rx - (uint64_t)(f->in_end - f->in_start);
	f->head = f->in;
	f->in_start = (uint16_t)(f->in_start + length);
	f->scan = (struct head_scan_state){0};
	f->flags &= ~(uint32_t)FLOW_HEAD_BEGUN;
	f->deadline = 0;
	f->attempts = f->patience = 0;
	f->answer_at = f->tx;
	f->slow_since = 0;
	f->tail = 0;
	f->cause = CAUSE_NONE;
}

static void expect_body(struct stride *s)
{
	const struct framing *body = &s->r->framing;

	s->f.body_chunk = (struct chunk){0};
	s->f.body_left = 0;
	if (body->kind == BODY_CHUNKED) {
		s->f.flags |= FLOW_CHUNKED_IN;
	} else if (body->kind == BODY_LENGTH && body->length > 0) {
		s->f.body_left = body->length;
	} else {
		s->f.flags |= FLOW_BODY_WHOLE;
	}
}

static next_step take_request(struct stride *s)
{
	struct request *r = s->r;

	expect_body(s);
	random_id(r->id);
	if (r->arena.full)
		return stride_refuse(s, 431, CAUSE_ARENA, NULL);
	return NEXT(STEP_ROUTE);
}

static next_step parse(struct stride *s, size_t length)
{
	static struct field fields[FIELDS_MOST];
	const struct conf_listener *l = listener_of(s);
	const struct head_limits limits = {l->max_headers, l->max_uri};
	struct head h;

	head_init(&h, fields, FIELDS_MOST);
	const struct refusal *no = head_parse_request(&h,
	    page_at(s->f.in) + s->f.in_start, length, &limits);
	if (no) { /* what it seemed to have is not to be looked for */
		h.nfields = 0;
		h.seen = h.repeated = 0;
	}
	if (open_request(s, &h, length) == NULL) {
		s->f.scan = (struct head_scan_state){0};
		return stride_wait_for_pages(s);
	}
	begin_request(s, length);
	client_find(s->r, s->c);
	if (no == NULL)
		no = request_read(s->r);
	FAULT(request_parsed);
	if (no) {
		s->f.flags |= FLOW_CLOSE;
		return stride_refuse(s, no->status, CAUSE_REFUSED, no->why);
	}
	if (!head_keepalive(&s->r->head))
		s->f.flags |= FLOW_CLOSE;
	return take_request(s);
}

/* No head, so no request; but the log line and the answer want one. */
static next_step refuse_head(struct stride *s, unsigned status,
    enum cause cause, const char *why)
{
	struct head none;

	head_init(&none, NULL, 0);
	none.method = none.target = slice_make("", 0);
	none.minor = 1;
	none.nfields = 0;
	none.seen = none.repeated = 0;
	if (open_request(s, &none, 0) == NULL)
		return NEXT(STEP_CLOSE);
	begin_request(s, 0);
	client_find(s->r, s->c);
	s->f.flags |= FLOW_CLOSE;
	return stride_refuse(s, status, cause, why);
}

static next_step head_is_bad(struct stride *s)
{
	const struct refusal *no = refusal_of(REFUSAL_HEAD_BYTES);

	return refuse_head(s, no->status, CAUSE_REFUSED, no->why);
}

static next_step too_large(struct stride *s)
{
	return refuse_head(s, s->f.scan.line == 0 ? 414 : 431,
	    CAUSE_HEAD_TOO_LARGE, NULL);
}

static next_step is_late(struct stride *s)
{
	if (s->f.in_end == s->f.in_start)
		return NEXT(STEP_CLOSE);
	return refuse_head(s, 408, CAUSE_HEAD_TIMEOUT, NULL);
}

/* False if the head is not whole yet; else *next says what becomes of it. */
static bool look(struct stride *s, next_step *next)
{
	uint32_t most = listener_of(s)->max_header;
	uint32_t n = (uint32_t)(s->f.in_end - s->f.in_start);
	size_t length = 0;
	enum head_scan scan = n == 0 ? HEAD_MORE : head_scan(page_at(s->f.in) +
	    s->f.in_start, n, &s->f.scan, &length);

	if (scan == HEAD_BAD)
		*next = head_is_bad(s);
	else if (scan == HEAD_WHOLE && length <= most)
		*next = parse(s, length);
	else if (n > most || scan == HEAD_WHOLE)
		*next = too_large(s);
	else
		return false;
	return true;
}

/* What comes before the head of a connection's first request. */
static bool look_before(struct stride *s, next_step *next)
{
	enum proxyproto_result result = s->f.flags & FLOW_PROXIED ?
	    proxied_read(s) : PROXYPROTO_FINE;

	if (result == PROXYPROTO_FINE)
		return look(s, next);
	*next = NEXT(STEP_CLOSE);
	return result == PROXYPROTO_BAD;
}

/* Who is refused for what the machine says of it, and not for its bytes. */
static bool is_refused(struct stride *s, next_step *next)
{
	bool deadly = s->f.flags & FLOW_DEADLY;

	if (!deadly && !s->late)
		return false;
	if (s->f.flags & FLOW_PROXIED) {
		if (s->late)
			proxied_is_late(s);
		*next = NEXT(STEP_CLOSE);
	} else {
		*next = deadly ? refuse_head(s, 500, CAUSE_TWO_DEATHS, NULL) :
		    is_late(s);
	}
	return true;
}

next_step receive_run(struct stride *s)
{
	next_step next;

	if (is_refused(s, &next))
		return next;
	if (s->c->kind == CONN_CLIENT)
		proxied_expect(s);
	for (;;) {
		if (look_before(s, &next))
			return next;
		if (s->c->kind != CONN_CLIENT) /* it has come whole */
			return NEXT(STEP_CLOSE);
		if (!have_room(s))
			return stride_wait_for_pages(s);
		switch (inbound_client(s)) {
		case IO_OK:
			continue;
		case IO_WAIT:
			return wait_for_head(s);
		default:
			return NEXT(STEP_CLOSE);
		}
	}
}
