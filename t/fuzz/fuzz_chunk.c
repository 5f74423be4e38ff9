/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunked coding: strides do not matter, and encoding gives it back. */
/* links: http base */
#include "base/log.h"
#include "http/chunk.h"

#define BODY_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct reading {
	enum chunk_result result;
	size_t used;
	size_t n;
	char body[BODY_MAX];
};

static void read_by(size_t stride, struct slice text, struct reading *r)
{
	struct chunk st = {0};
	const char *p = text.p, *stop = text.p + text.n;
	struct slice piece;

	r->n = 0;
	do {
		const char *end = (size_t)(stop - p) > stride ? p + stride :
		    stop;

		while ((r->result = chunk_read(&st, &p, end, &piece)) ==
		    CHUNK_PIECE) {
			MUST(piece.n > 0 && piece.p >= text.p);
			MUST(piece.p + piece.n == p && p <= end);
			memcpy(r->body + r->n, piece.p, piece.n);
			r->n += piece.n;
		}
		MUST(st.total == r->n);
		MUST(r->result != CHUNK_MORE || p == end);
	} while (r->result == CHUNK_MORE && p < stop);
	r->used = (size_t)(p - text.p);
}

/* The body in one chunk, read back. */
static void check_coded(const struct reading *r)
{
	static char room[CHUNK_SIZE_ROOM + BODY_MAX + 16];
	static struct reading again;
	char *data = room + CHUNK_SIZE_ROOM, *begin;
	const char *tail = r->n ? CHUNK_END CHUNK_LAST : CHUNK_LAST;

	memcpy(data, r->body, r->n);
	memcpy(data + r->n, tail, strlen(tail));
	begin = r->n ? chunk_put_size(data, r->n) : data;
	read_by(SIZE_MAX, slice_make(begin,
	    (size_t)(data - begin) + r->n + strlen(tail)), &again);
	MUST(again.result == CHUNK_DONE && again.n == r->n);
	MUST(memcmp(again.body, r->body, r->n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct reading whole, drip;
	struct slice text = {(const char *)bytes, n};

	if (n > BODY_MAX)
		return 0;
	read_by(SIZE_MAX, text, &whole);
	read_by(1, text, &drip);
	MUST(whole.result == drip.result && whole.used == drip.used);
	MUST(whole.n == drip.n);
	MUST(memcmp(whole.body, drip.body, whole.n) == 0);
	check_coded(&whole);
	return 0;
}
