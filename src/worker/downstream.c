/* SPDX-License-Identifier: BSD-2-Clause */
/* Body bytes of a response on their way to the client. */
#include "worker/downstream.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "http/chunk.h"
#include "http/trailer.h"
#include "worker/edit.h"
#include "worker/fill.h"

/* Up to this size a copy behind what waits already beats a vector more. */
#define COPY_MOST 2048

/* What the coding of one chunk takes, and the last chunk. */
#define CODING 32

static bool room_for(struct stride *s, size_t n)
{
	if (chain_room(&s->f.out) >= n)
		return true;
	uint32_t page = stride_page(s, n > PAGE_SMALL ? PAGE_IS_LARGE
	    : PAGE_IS_SMALL);
	if (page == 0)
		return false;
	chain_append(&s->f.out, page, 0, 0);
	return true;
}

static void put(struct stride *s, const char *p, size_t n)
{
	memcpy(chain_space(&s->f.out), p, n);
	chain_grow(&s->f.out, (uint32_t)n);
}

/* Room for n + CODING bytes must be there. */
static void put_chunk(struct stride *s, const char *p, size_t n)
{
	char size[CHUNK_SIZE_ROOM];
	char *end = size + sizeof size;
	char *at = chunk_put_size(end, n);

	put(s, at, (size_t)(end - at));
	put(s, p, n);
	put(s, CHUNK_END, sizeof CHUNK_END - 1);
}

/* The page itself goes on, without a copy. */
static void link_bin(struct stride *s, size_t n)
{
	chain_append(&s->f.out, s->f.bin, s->f.bin_start,
	    (uint16_t)(s->f.bin_start + n));
	/* nothing may be received or copied behind these bytes */
	s->f.bin = 0;
	s->f.bin_start = s->f.bin_end = 0;
}

/* The client is behind. */
static enum downstream move_to_cache(struct stride *s, size_t n)
{
	switch (fill_bytes(s, page_at(s->f.bin) + s->f.bin_start, n)) {
	case FILL_LATER:
		return DOWNSTREAM_NO_PAGE;
	case FILL_GONE:
		return DOWNSTREAM_LOST;
	default:
		break;
	}
	s->f.bin_start = (uint16_t)(s->f.bin_start + n);
	return DOWNSTREAM_MORE;
}

static enum downstream move_plain(struct stride *s, size_t n)
{
	bool link = n > COPY_MOST
	    && n == (size_t)(s->f.bin_end - s->f.bin_start);

	if (s->f.flags & FLOW_BEHIND)
		return move_to_cache(s, n);
	if (!link && !room_for(s, n))
		return DOWNSTREAM_NO_PAGE;
	if (fill_bytes(s, page_at(s->f.bin) + s->f.bin_start, n)
	    == FILL_LATER)
		return DOWNSTREAM_NO_PAGE;
	if (link) {
		link_bin(s, n);
		return DOWNSTREAM_MORE;
	}
	put(s, page_at(s->f.bin) + s->f.bin_start, n);
	s->f.bin_start = (uint16_t)(s->f.bin_start + n);
	return DOWNSTREAM_MORE;
}

static enum downstream move_length(struct stride *s)
{
	size_t n = (size_t)(s->f.bin_end - s->f.bin_start);

	if (n > s->f.res_left)
		n = (size_t)s->f.res_left;
	if (n > 0) {
		enum downstream moved = move_plain(s, n);
		if (moved != DOWNSTREAM_MORE)
			return moved;
		s->f.res_left -= n;
	}
	return s->f.res_left ? DOWNSTREAM_MORE : DOWNSTREAM_DONE;
}

static enum downstream move_until_close(struct stride *s)
{
	size_t n = (size_t)(s->f.bin_end - s->f.bin_start);

	if (n == 0)
		return DOWNSTREAM_MORE;
	if (!(s->f.flags & FLOW_CHUNKED_DOWN))
		return move_plain(s, n);
	if (n > PAGE_LARGE - CODING)
		n = PAGE_LARGE - CODING;
	if (!room_for(s, n + CODING))
		return DOWNSTREAM_NO_PAGE;
	put_chunk(s, page_at(s->f.bin) + s->f.bin_start, n);
	s->f.bin_start = (uint16_t)(s->f.bin_start + n);
	return s->f.bin_start < s->f.bin_end ? move_until_close(s)
	    : DOWNSTREAM_MORE;
}

static bool put_piece(struct stride *s, struct slice piece)
{
	bool coded = s->f.flags & FLOW_CHUNKED_DOWN;

	if (!room_for(s, piece.n + CODING))
		return false;
	fill_bytes(s, piece.p, piece.n);
	if (coded)
		put_chunk(s, piece.p, piece.n);
	else
		put(s, piece.p, piece.n);
	return true;
}

static bool put_end(struct stride *s, const char *trailers, size_t n)
{
	static const char last[] = "0\r\n", end[] = "\r\n";

	if (!(s->f.flags & FLOW_CHUNKED_DOWN))
		return true;
	if (!room_for(s, sizeof last + n + sizeof end))
		return false;
	put(s, last, sizeof last - 1);
	if (n)
		put(s, trailers, n);
	put(s, end, sizeof end - 1);
	return true;
}

bool downstream_end(struct stride *s)
{
	return put_end(s, NULL, 0);
}

/* As a field of the head: what the backend's Connection names, and what the
 * route hides, ends here. */
static bool may_go_on(struct slice name, const void *arg)
{
	const struct request *r = arg;
	const struct conf_policy *p = &r->route->policy;

	return !field_has_item(r->hop_options, name)
	    && !edit_is_among(&p->hide, name)
	    && !edit_drops(&p->response, name);
}

/* They are looked at even where they go no further. */
static enum downstream move_trailers(struct stride *s)
{
	static char text[TRAILER_ROOM];
	const char *at = page_at(s->f.bin) + s->f.bin_start;
	size_t length;
	struct buf b;

	switch (trailer_scan(at, (size_t)(s->f.bin_end - s->f.bin_start),
	    &length)) {
	case TRAILER_WHOLE:
		break;
	case TRAILER_MORE:
		return DOWNSTREAM_MORE;
	default:
		return DOWNSTREAM_BAD;
	}
	buf_init(&b, text, sizeof text);
	if (trailer_copy(at, length, may_go_on, s->r, &b) != NULL)
		return DOWNSTREAM_BAD;
	MUST(!b.full);
	if (!put_end(s, text, s->f.flags & FLOW_TRAILERS ? buf_length(&b)
	    : 0))
		return DOWNSTREAM_NO_PAGE;
	s->f.bin_start = (uint16_t)(s->f.bin_start + length);
	return DOWNSTREAM_DONE;
}

static enum downstream move_chunked(struct stride *s)
{
	for (;;) {
		const char *at = page_at(s->f.bin) + s->f.bin_start, *p = at;
		size_t n = (size_t)(s->f.bin_end - s->f.bin_start);
		if (n > PAGE_LARGE - CODING)
			n = PAGE_LARGE - CODING;
		struct chunk next = s->f.res_chunk;
		struct slice piece;
		enum chunk_result result = chunk_read(&next, &p, at + n,
		    &piece);
		if (result == CHUNK_BAD)
			return DOWNSTREAM_BAD;
		if (result == CHUNK_PIECE && !put_piece(s, piece))
			return DOWNSTREAM_NO_PAGE;
		s->f.res_chunk = next;
		s->f.bin_start = (uint16_t)(s->f.bin_start + (p - at));
		if (result == CHUNK_DONE)
			return move_trailers(s);
		if (result == CHUNK_MORE && s->f.bin_start == s->f.bin_end)
			return DOWNSTREAM_MORE;
	}
}

enum downstream downstream_move(struct stride *s)
{
	if (s->f.pipe_in >= 0)
		return DOWNSTREAM_MORE; /* splice.c knows when it is all */
	switch (s->f.res_kind) {
	case BODY_NONE:
		return DOWNSTREAM_DONE;
	case BODY_LENGTH:
		return move_length(s);
	case BODY_CHUNKED:
		return s->f.bin ? move_chunked(s) : DOWNSTREAM_MORE;
	default:
		return move_until_close(s);
	}
}
