/* SPDX-License-Identifier: BSD-2-Clause */
/* A request's body that comes in chunks, and its trailers. */
#include "worker/decode.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "http/chunk.h"
#include "http/trailer.h"
#include "worker/body.h"
#include "worker/edit.h"

/* While it is buffered the decoded body stands in plain pages; what is
 * streamed goes on in chunks (compose.c sends the size of all that was buffered
 * as that of the first). */
static bool put_decoded(struct stride *s, struct slice piece)
{
	char *to;

	if (body_is_streaming(s)) {
		if (chain_room(&s->f.body) < piece.n + CHUNK_SIZE_ROOM + 16
		    && !body_add_page(s))
			return false;
		to = chain_space(&s->f.body);
		memcpy(to + CHUNK_SIZE_ROOM, piece.p, piece.n);
		char *size = chunk_put_size(to + CHUNK_SIZE_ROOM, piece.n);
		size_t n = (size_t)(to + CHUNK_SIZE_ROOM - size);
		memmove(to, size, n + piece.n);
		memcpy(to + n + piece.n, CHUNK_END, sizeof CHUNK_END - 1);
		chain_grow(&s->f.body, (uint32_t)(n + piece.n
		    + sizeof CHUNK_END - 1));
		return true;
	}
	struct chain before = s->f.body;
	if (stride_fill(s, &s->f.body, &piece, BODY_PAGES))
		return true;
	s->f.body = before;
	return false;
}

/* What closes the last chunk, and the body. A body that is here whole, and has
 * no trailers, goes on with its length instead. */
static bool put_end(struct stride *s, struct slice trailers)
{
	char end[TRAILER_ROOM + 16];
	struct buf b;

	if (!body_is_streaming(s) && trailers.n == 0)
		return true;
	buf_init(&b, end, sizeof end);
	if (!body_is_streaming(s) && s->f.body.length)
		BUF_LIT(&b, CHUNK_END);
	BUF_LIT(&b, "0\r\n");
	buf_slice(&b, trailers);
	BUF_LIT(&b, "\r\n");
	uint32_t n = (uint32_t)buf_length(&b);
	if (chain_room(&s->f.body) < n && !body_add_page(s))
		return false;
	memcpy(chain_space(&s->f.body), end, n);
	chain_grow(&s->f.body, n);
	if (!body_is_streaming(s))
		s->f.tail = (uint16_t)n;
	return true;
}

/* As a field of the head (RFC 9110, 7.6.1). */
static bool may_go_on(struct slice name, const void *arg)
{
	const struct request *r = arg;
	const struct conf_policy *policy = request_policy(r);

	return !head_has_item(&r->head, FIELD_CONNECTION, name)
	    && !(policy && edit_drops(&policy->request, name));
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
	*no = trailer_copy(at, length, may_go_on, s->r, &b);
	MUST(!b.full);
	if (*no != NULL || !put_end(s, slice_make(text, buf_length(&b))))
		return false;
	body_use_in(s, length);
	s->f.flags |= FLOW_BODY_WHOLE;
	return true;
}

/* A piece is at most what fits: so it can always be put, or waits whole. */
static size_t decode_room(struct stride *s)
{
	size_t room = chain_room(&s->f.body);

	room = room > 64 ? room - 64 : 0; /* for what stands round it */
	if (room < 64 && s->f.body.pages < BODY_PAGES)
		room = PAGE_LARGE - 64;
	return room;
}

bool decode_chunks(struct stride *s, const struct refusal **no)
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
		body_use_in(s, (size_t)(p - at));
		if (result == CHUNK_DONE)
			return take_trailers(s, no);
	}
}
