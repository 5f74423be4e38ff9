/* SPDX-License-Identifier: BSD-2-Clause */
/* body: is the request's body here, as far as it fits. */
#include <string.h>

#include "http/chunk.h"
#include "net/stream.h"
#include "worker/attempt.h"
#include "worker/body.h"
#include "worker/decode.h"
#include "worker/inbound.h"
#include "worker/request.h"
#include "worker/secure.h"
#include "worker/worker.h"

/* Of receiving in one stride: then it is others' turn. */
#define ROUNDS 64

/* Less room than this behind the head is not worth a system call. */
#define RAW_ROOM 1024

static bool is_whole(const struct stride *s)
{
	return s->f.flags & FLOW_BODY_WHOLE;
}

bool body_is_streaming(const struct stride *s)
{
	return s->f.peer >= 0;
}

/* What has come is not kept until all has. */
static bool goes_at_once(const struct stride *s)
{
	return body_is_streaming(s) || (!(s->f.flags & FLOW_OWN)
	    && !s->r->route->policy.buffer_request);
}

static next_step ready(struct stride *s)
{
	/* of one that is streamed all waits count together */
	if (is_whole(s))
		s->f.slow_since = 0;
	if (s->f.flags & FLOW_OWN) {
		if (!is_whole(s))
			s->f.flags |= FLOW_CLOSE | FLOW_LINGER;
		return NEXT(STEP_ANSWER);
	}
	return NEXT(body_is_streaming(s) ? STEP_FORWARD : STEP_PICK);
}

bool body_add_page(struct stride *s)
{
	if (s->f.body.pages >= BODY_PAGES)
		return false;
	uint32_t page = stride_page(s, PAGE_IS_LARGE);
	if (page == 0)
		return false;
	chain_append(&s->f.body, page, 0, 0);
	return true;
}

void body_use_in(struct stride *s, size_t n)
{
	s->f.in_start = (uint16_t)(s->f.in_start + n);
}

/* The bytes that came with the head. False: there was no room for all, and
 * what comes after them has to wait. */
static bool copy_first(struct stride *s)
{
	size_t have = (size_t)(s->f.in_end - s->f.in_start);

	if (have > s->f.body_left)
		have = (size_t)s->f.body_left;
	struct slice rest = slice_make(have ? page_at(s->f.in)
	    + s->f.in_start : "", have);
	stride_fill(s, &s->f.body, &rest, BODY_PAGES);
	body_use_in(s, have - rest.n);
	s->f.body_left -= have - rest.n;
	if (s->f.body_left == 0)
		s->f.flags |= FLOW_BODY_WHOLE;
	return rest.n == 0;
}

static enum io receive_length(struct stride *s)
{
	size_t room = chain_room(&s->f.body);

	if (room > s->f.body_left)
		room = (size_t)s->f.body_left;
	s->f.receive = RECEIVE_BODY;
	stride_publish(s);
	return inbound_body(s, room);
}

/* Coded bytes get a page of their own once the head's is nearly full. What is
 * left over is the beginning of a trailer section. */
static bool raw_room(struct stride *s)
{
	uint16_t n = (uint16_t)(s->f.in_end - s->f.in_start);

	if (s->f.in && page_bytes(s->f.in) - s->f.in_end >= RAW_ROOM)
		return true;
	if (s->f.in && s->f.in != s->f.head && n == 0) {
		s->f.in_start = s->f.in_end = 0;
		return true;
	}
	uint32_t page = stride_page(s, PAGE_IS_LARGE);
	if (page == 0)
		return false;
	if (n)
		memcpy(page_at(page), page_at(s->f.in) + s->f.in_start, n);
	if (s->f.in != s->f.head)
		page_drop(&s->drop, s->f.in);
	s->f.in = page;
	s->f.in_start = 0;
	s->f.in_end = n;
	return true;
}

static enum io receive_coded(struct stride *s)
{
	s->f.receive = RECEIVE_IN;
	stride_publish(s);
	return inbound_client(s);
}

static bool say_continue(struct stride *s)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uint32_t page = stride_page(s, PAGE_IS_SMALL);

	if (page == 0)
		return false;
	memcpy(page_at(page), text, sizeof text - 1);
	chain_append(&s->f.out, page, 0, sizeof text - 1);
	s->f.answer_at += sizeof text - 1;
	s->f.flags |= FLOW_CONTINUE;
	return true;
}

static bool nothing_came(const struct stride *s)
{
	return s->f.body.length == 0 && s->f.in_start == s->f.in_end
	    && s->f.body_chunk.step == 0
	    && !secure_is_pending(s, SIDE_CLIENT);
}

static next_step wait_for_body(struct stride *s, bool progress)
{
	if (progress || s->f.deadline == 0 || s->f.wait == WAIT_TURN)
		s->f.deadline = stride_client_due(s, stride_client_rx(s),
		    s->r->listener->timeouts.body);
	if (body_is_streaming(s)
	    && inbound_peek(s) != IO_WAIT) {
		s->f.slow_since = 0; /* now the client has to read */
		return NEXT(STEP_RELAY); /* an early answer */
	}
	if (flush_is_due(s))
		return BECOME(STEP_BODY, WAIT_CLIENT_ROOM);
	return BECOME(STEP_BODY, body_is_streaming(s) ? WAIT_BODY
	    : WAIT_CLIENT);
}

/* The share is full: what is there goes to a backend first, as a chunk if
 * nobody knows what is still to come. */
static next_step stream(struct stride *s)
{
	if (s->f.body.length == 0)
		return stride_wait_for_pages(s);
	if ((s->f.flags & FLOW_CHUNKED_IN) && !body_is_streaming(s)
	    && !(s->f.flags & FLOW_OWN)) {
		s->f.tail = sizeof CHUNK_END - 1;
		MUST(chain_room(&s->f.body) >= s->f.tail);
		memcpy(chain_space(&s->f.body), CHUNK_END, s->f.tail);
		chain_grow(&s->f.body, s->f.tail);
	}
	return ready(s);
}

static next_step client_left(struct stride *s)
{
	return stride_cut(s, CAUSE_CLIENT_GONE);
}

enum came { CAME_MORE, CAME_WHOLE, CAME_FULL, CAME_TOO_MUCH, CAME_BAD };

/* Takes what has been received into the body; `no` is set with CAME_BAD. */
static enum came use_what_came(struct stride *s, const struct refusal **no)
{
	bool coded = s->f.flags & FLOW_CHUNKED_IN;
	bool room = true;

	*no = NULL;
	if (coded && s->f.in_end > s->f.in_start)
		room = decode_chunks(s, no);
	else if (!coded)
		room = copy_first(s);
	if (s->f.body_chunk.total + s->f.body_chunk.left > s->r->max_body)
		return CAME_TOO_MUCH;
	if (*no != NULL)
		return CAME_BAD;
	if (is_whole(s))
		return CAME_WHOLE;
	return room ? CAME_MORE : CAME_FULL;
}

/* True when there is nothing to receive before something else is done. */
static bool act_on_what_came(struct stride *s, next_step *next)
{
	const struct refusal *no;

	switch (use_what_came(s, &no)) {
	case CAME_TOO_MUCH:
		*next = stride_refuse(s, 413, CAUSE_BODY_TOO_LARGE, NULL);
		return true;
	case CAME_BAD:
		*next = stride_refuse(s, no->status, CAUSE_REFUSED, no->why);
		return true;
	case CAME_WHOLE:
		*next = ready(s);
		return true;
	case CAME_FULL:
		*next = stream(s);
		return true;
	default:
		return false;
	}
}

static enum io receive_some(struct stride *s, bool *room)
{
	bool coded = s->f.flags & FLOW_CHUNKED_IN;

	*room = coded ? raw_room(s)
	    : chain_room(&s->f.body) > 0 || body_add_page(s);
	if (!*room)
		return IO_WAIT;
	return coded ? receive_coded(s) : receive_length(s);
}

enum io body_receive(struct stride *s, enum cause *cause)
{
	static const enum cause causes[] = {
		[CAME_TOO_MUCH] = CAUSE_BODY_TOO_LARGE,
		[CAME_BAD] = CAUSE_REFUSED,
	};
	const struct refusal *no;
	bool room;

	for (int rounds = 0;; rounds++) {
		enum came came = use_what_came(s, &no);
		*cause = came < CAME_TOO_MUCH ? CAUSE_NONE : causes[came];
		if (no != NULL)
			s->r->why = no->why;
		if (*cause != CAUSE_NONE)
			return IO_BROKEN;
		if (s->f.body.length > 0 || came == CAME_WHOLE)
			return IO_OK;
		if (came == CAME_FULL)
			return IO_END;
		if (rounds == ROUNDS)
			return IO_WAIT;
		enum io io = receive_some(s, &room);
		if (io == IO_WAIT)
			return room ? IO_WAIT : IO_END;
		if (io != IO_OK) {
			*cause = CAUSE_CLIENT_GONE;
			return IO_BROKEN;
		}
	}
}

next_step body_run(struct stride *s)
{
	uint64_t before = stride_client_rx(s);
	bool room;
	int rounds = 0;
	next_step next;

	if (s->f.peer < 0 && (s->f.flags & FLOW_STREAMED))
		return attempt_lost(s);
	if (is_whole(s))
		return ready(s);
	if (s->late)
		return stride_refuse(s, 408, CAUSE_BODY_TIMEOUT, NULL);
	if (body_is_streaming(s))
		s->f.flags |= FLOW_STREAMED;
	for (;;) {
		if (act_on_what_came(s, &next))
			return next;
		if (s->r->wants_continue && !(s->f.flags & FLOW_CONTINUE)
		    && nothing_came(s) && !say_continue(s))
			return stride_wait_for_pages(s);
		if (flush_is_due(s) && flush_some(s) == IO_BROKEN)
			return client_left(s);
		if (rounds++ == ROUNDS)
			return wait_for_body(s, true);
		switch (receive_some(s, &room)) {
		case IO_OK:
			s->f.patience = 0;
			continue;
		case IO_WAIT:
			if (!room || (s->f.body.length && goes_at_once(s)))
				return stream(s);
			return wait_for_body(s, stride_client_rx(s)
			    != before);
		default:
			return client_left(s);
		}
	}
}
