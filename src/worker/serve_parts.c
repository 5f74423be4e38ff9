/* SPDX-License-Identifier: BSD-2-Clause */
/* Several ranges in one answer: multipart/byteranges (RFC 9110, 14.6). */
#include "worker/serve_head.h"

#define TYPE_MOST 200 /* a longer one is not said again for each part */
#define PART_ROOM (TYPE_MOST + 200)
#define PIECES 16
#define PAGES 8

/* The boundary is the request's id: random, so no body can have foreseen it. */
static struct slice part_head(const struct serve_plan *p,
    const struct request *r, const struct range *one, char room[PART_ROOM])
{
	struct buf b;

	buf_init(&b, room, PART_ROOM);
	BUF_LIT(&b, "\r\n--");
	buf_put(&b, r->id, REQUEST_ID);
	if (p->type.n && p->type.n <= TYPE_MOST) {
		BUF_LIT(&b, "\r\nContent-Type: ");
		buf_slice(&b, p->type);
	}
	BUF_LIT(&b, "\r\nContent-Range: ");
	range_put(&b, one, p->total);
	BUF_LIT(&b, "\r\n\r\n");
	return slice_make(room, buf_length(&b));
}

static struct slice last_line(const struct request *r, char room[PART_ROOM])
{
	struct buf b;

	buf_init(&b, room, PART_ROOM);
	BUF_LIT(&b, "\r\n--");
	buf_put(&b, r->id, REQUEST_ID);
	BUF_LIT(&b, "--\r\n");
	return slice_make(room, buf_length(&b));
}

uint64_t serve_parts_length(const struct serve_plan *p,
    const struct request *r)
{
	char room[PART_ROOM];
	uint64_t sum = last_line(r, room).n;

	for (unsigned i = 0; i < p->parts.n; i++) {
		const struct range *one = &p->parts.at[i];
		sum += part_head(p, r, one, room).n;
		sum += one->last - one->first + 1;
	}
	return sum;
}

bool serve_copy(struct stride *s, uint64_t first, uint64_t end)
{
	struct cache_place at = {0};
	struct iovec v[PIECES];

	for (cache_seek(&at, s->f.entry, first); at.at < end;
	    cache_seek(&at, s->f.entry, first)) {
		int n = cache_vectors(&at, s->f.entry, end, v, PIECES);
		if (n == 0)
			return false;
		for (int i = 0; i < n; i++) {
			struct slice piece = slice_make(v[i].iov_base,
			    v[i].iov_len);
			first += piece.n;
			if (!stride_fill(s, &s->f.out, &piece, PAGES))
				return false;
		}
	}
	return true;
}

bool serve_parts(struct stride *s, const struct serve_plan *p)
{
	char room[PART_ROOM];
	struct slice line;

	for (unsigned i = 0; i < p->parts.n; i++) {
		const struct range *one = &p->parts.at[i];
		line = part_head(p, s->r, one, room);
		if (!stride_fill(s, &s->f.out, &line, PAGES)
		    || !serve_copy(s, one->first, one->last + 1))
			return false;
	}
	line = last_line(s->r, room);
	return stride_fill(s, &s->f.out, &line, PAGES);
}
