/* SPDX-License-Identifier: BSD-2-Clause */
/* body: is the request's body here, as far as it fits. */
#include <string.h>

#include "base/fault.h"
#include "base/buf.h"
#include "base/log.h"
#include "http/chunk.h"
#include "http/trailer.h"
#include "net/stream.h"
#include "worker/attempt.h"
#include "worker/request.h"
#include "worker/worker.h"

/* Of the row's pages, what a body may fill before it is streamed. */
#define BODY_PAGES 10

/* Of receiving in one stride: then it is others' turn. */
#define ROUNDS 64

/* Less room than this behind the head is not worth a system call. */
#define RAW_ROOM 1024

static bool is_whole(const struct stride *s)
{
	return s->f.flags & FLOW_BODY_WHOLE;
}

static bool is_streaming(const struct stride *s)
{
	return s->f.peer >= 0;
}

/* What has come is not kept until all has. */
static bool goes_at_once(const struct stride *s)
{
	return is_streaming(s) || (!(s->f.flags & FLOW_OWN)
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
	return NEXT(is_streaming(s) ? STEP_FORWARD : STEP_PICK);
}

/* A page at the end of the body; false: the body's share is used up, or no
 * page is left at all. */
static bool add_page(struct stride *s)
{
	if (s->f.body.pages >= BODY_PAGES)
		return false;
	uint32_t page = stride_page(s, PAGE_IS_LARGE);
	if (page == 0)
		return false;
	chain_append(&s->f.body, page, 0, 0);
	return true;
}

static void use_in(struct stride *s, size_t n)
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
	while (have > 0 && (chain_room(&s->f.body) || add_page(s))) {
		size_t n = chain_room(&s->f.body);
		if (n > have)
			n = have;
		memcpy(chain_space(&s->f.body), page_at(s->f.in)
		    + s->f.in_start, n);
		chain_grow(&s->f.body, (uint32_t)n);
		use_in(s, n);
		s->f.body_left -= n;
		have -= n;
	}
	if (s->f.body_left == 0)
		s->f.flags |= FLOW_BODY_WHOLE;
	return have == 0;
}

static enum io receive_length(struct stride *s)
{
	size_t n, room = chain_room(&s->f.body);

	if (room > s->f.body_left)
		room = (size_t)s->f.body_left;
	s->f.receive = RECEIVE_BODY;
	stride_publish(s);
	stride_io(s->c);
	enum io io = stream_receive((int)lobby_row(s->c),
	    chain_space(&s->f.body), room, &n);
	FAULT(client_received);
	chain_grow(&s->f.body, (uint32_t)n);
	s->f.rx += n;
	s->f.body_left -= n;
	if (s->f.body_left == 0)
		s->f.flags |= FLOW_BODY_WHOLE;
	stride_io_done(s, s->c);
	return io;
}

/* While it is buffered the decoded body stands in plain pages; what is
 * streamed goes on in chunks, each closed by what follows it (compose.c sends
 * the size of all that was buffered as that of the first). */
static bool put_decoded(struct stride *s, struct slice piece)
{
	char *to;

	if (is_streaming(s)) {
		if (chain_room(&s->f.body) < piece.n + CHUNK_SIZE_ROOM + 16
		    && !add_page(s))
			return false;
		to = chain_space(&s->f.body);
		memcpy(to + CHUNK_SIZE_ROOM + 2, piece.p, piece.n);
		char *size = chunk_put_size(to + CHUNK_SIZE_ROOM + 2, piece.n);
		size_t n = (size_t)(to + CHUNK_SIZE_ROOM + 2 - size);
		memcpy(to, "\r\n", 2);
		memmove(to + 2, size, n + piece.n);
		chain_grow(&s->f.body, (uint32_t)(2 + n + piece.n));
		return true;
	}
	struct chain before = s->f.body;
	while (piece.n > 0) {
		if (chain_room(&s->f.body) == 0 && !add_page(s)) {
			s->f.body = before;
			return false;
		}
		size_t n = chain_room(&s->f.body);
		if (n > piece.n)
			n = piece.n;
		memcpy(chain_space(&s->f.body), piece.p, n);
		chain_grow(&s->f.body, (uint32_t)n);
		piece.p += n;
		piece.n -= n;
	}
	return true;
}

/* What closes the last chunk, and the body. A body that is here whole, and has
 * no trailers, goes on with its length instead. */
static bool put_end(struct stride *s, struct slice trailers)
{
	char end[TRAILER_ROOM + 16];
	struct buf b;

	if (!is_streaming(s) && trailers.n == 0)
		return true;
	buf_init(&b, end, sizeof end);
	if (is_streaming(s) || s->f.body.length)
		BUF_LIT(&b, "\r\n");
	BUF_LIT(&b, "0\r\n");
	buf_slice(&b, trailers);
	BUF_LIT(&b, "\r\n");
	uint32_t n = (uint32_t)buf_length(&b);
	if (chain_room(&s->f.body) < n && !add_page(s))
		return false;
	memcpy(chain_space(&s->f.body), end, n);
	chain_grow(&s->f.body, n);
	s->f.tail = (uint16_t)n;
	return true;
}

/* Behind the last chunk. False: there is no room for them. */
static bool take_trailers(struct stride *s, const struct refusal **no)
{
	char text[TRAILER_ROOM];
	const char *at = page_at(s->f.in) + s->f.in_start;
	size_t length;
	struct buf b;

	switch (trailer_scan(at, (size_t)(s->f.in_end - s->f.in_start),
	    &length)) {
	case TRAILER_WHOLE:
		break;
	case TRAILER_MORE:
		return true;
	default:
		*no = refusal_of(REFUSAL_CHUNK);
		return false;
	}
	buf_init(&b, text, sizeof text);
	*no = trailer_copy(at, length, &b);
	MUST(!b.full);
	if (*no != NULL || !put_end(s, slice_make(text, buf_length(&b))))
		return false;
	use_in(s, length);
	s->f.flags |= FLOW_BODY_WHOLE;
	return true;
}

/* A piece is at most what fits: so it can always be put, or waits whole. */
static size_t decode_room(struct stride *s)
{
	size_t room = chain_room(&s->f.body);

	if (is_streaming(s))
		room = room > 64 ? room - 64 : 0;
	if (room < 64 && s->f.body.pages < BODY_PAGES)
		room = PAGE_LARGE - 64;
	return room;
}

/* Decodes what is in the page; false if there was no room for all. */
static bool decode(struct stride *s, const struct refusal **no)
{
	for (;;) {
		const char *at = page_at(s->f.in) + s->f.in_start;
		size_t have = (size_t)(s->f.in_end - s->f.in_start);
		size_t room = decode_room(s);
		if (have == 0 || room < 64)
			return have == 0;
		const char *p = at, *end = at + (have < room ? have : room);
		struct slice piece;
		struct chunk next = s->f.body_chunk;
		enum chunk_result result = chunk_read(&next, &p, end, &piece);
		if (result == CHUNK_BAD)
			*no = refusal_of(REFUSAL_CHUNK);
		if (result == CHUNK_BAD
		    || (result == CHUNK_PIECE && !put_decoded(s, piece)))
			return false;
		s->f.body_chunk = next;
		use_in(s, (size_t)(p - at));
		if (result == CHUNK_DONE)
			return take_trailers(s, no);
	}
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
	size_t n;

	s->f.receive = RECEIVE_IN;
	stride_publish(s);
	stride_io(s->c);
	enum io io = stream_receive((int)lobby_row(s->c), page_at(s->f.in)
	    + s->f.in_end, page_bytes(s->f.in) - s->f.in_end, &n);
	FAULT(client_received);
	s->f.in_end = (uint16_t)(s->f.in_end + n);
	s->f.rx += n;
	stride_io_done(s, s->c);
	return io;
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
	    && s->f.body_chunk.step == 0;
}

static next_step wait_for_body(struct stride *s, bool progress)
{
	if (progress || s->f.deadline == 0 || s->f.wait == WAIT_TURN)
		s->f.deadline = stride_client_due(s, s->f.rx,
		    s->r->listener->timeouts.body);
	if (is_streaming(s)
	    && stream_peek(s->f.peer) != IO_WAIT) {
		s->f.slow_since = 0; /* now the client has to read */
		return NEXT(STEP_RELAY); /* an early answer */
	}
	if (s->f.out.length)
		return BECOME(STEP_BODY, WAIT_CLIENT_ROOM);
	return BECOME(STEP_BODY, is_streaming(s) ? WAIT_BODY : WAIT_CLIENT);
}

/* The share is full: what is there goes to a backend first. */
static next_step stream(struct stride *s)
{
	if (s->f.body.length == 0)
		return stride_wait_for_pages(s);
	return ready(s);
}

static next_step client_left(struct stride *s)
{
	return stride_cut(s, CAUSE_CLIENT_GONE);
}

/* True when there is nothing to receive before something else is done. */
static bool use_what_came(struct stride *s, next_step *next)
{
	const struct refusal *no = NULL;
	bool coded = s->f.flags & FLOW_CHUNKED_IN;
	bool room = true;

	if (coded && s->f.in_end > s->f.in_start)
		room = decode(s, &no);
	else if (!coded)
		room = copy_first(s);
	if (s->f.body_chunk.total + s->f.body_chunk.left > s->r->max_body)
		*next = stride_refuse(s, 413, CAUSE_BODY_TOO_LARGE, NULL);
	else if (no != NULL)
		*next = stride_refuse(s, no->status, CAUSE_REFUSED, no->why);
	else if (is_whole(s))
		*next = ready(s);
	else if (!room)
		*next = stream(s);
	else
		return false;
	return true;
}

static enum io receive_some(struct stride *s, bool *room)
{
	bool coded = s->f.flags & FLOW_CHUNKED_IN;

	*room = coded ? raw_room(s)
	    : chain_room(&s->f.body) > 0 || add_page(s);
	if (!*room)
		return IO_WAIT;
	return coded ? receive_coded(s) : receive_length(s);
}

next_step body_run(struct stride *s)
{
	bool room, progress = false;
	int rounds = 0;
	next_step next;

	if (s->f.peer < 0 && (s->f.flags & FLOW_STREAMED))
		return attempt_failed(s, RETRY_RESET, 502,
		    CAUSE_BACKEND_RESET, NULL); /* lost with a worker */
	if (is_whole(s))
		return ready(s);
	if (s->late)
		return stride_refuse(s, 408, CAUSE_BODY_TIMEOUT, NULL);
	if (is_streaming(s))
		s->f.flags |= FLOW_STREAMED;
	for (;;) {
		if (use_what_came(s, &next))
			return next;
		if (s->r->wants_continue && !(s->f.flags & FLOW_CONTINUE)
		    && nothing_came(s) && !say_continue(s))
			return stride_wait_for_pages(s);
		if (s->f.out.length && flush_some(s) == IO_BROKEN)
			return client_left(s);
		switch (receive_some(s, &room)) {
		case IO_OK:
			progress = true;
			s->f.patience = 0;
			if (++rounds == ROUNDS)
				return wait_for_body(s, true);
			continue;
		case IO_WAIT:
			if (!room || (s->f.body.length && goes_at_once(s)))
				return stream(s);
			return wait_for_body(s, progress);
		default:
			return client_left(s);
		}
	}
}
