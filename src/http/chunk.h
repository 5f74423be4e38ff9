/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunked coding, both ways (RFC 9112, 7.1); trailers: trailer.h. */
#ifndef HTTP_CHUNK_H
#define HTTP_CHUNK_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define CHUNK_EXTENSIONS 4096 /* bytes of extensions in one body */
#define CHUNK_SIZE_ROOM 18    /* 16 digits, CR, LF */
#define CHUNK_END "\r\n"      /* behind the bytes of each chunk */
#define CHUNK_LAST "0\r\n\r\n"

/* Zero it for a new body. It may be copied at any time: reading on from a
 * copy with the bytes that followed gives the same again. */
struct chunk {
	uint64_t left;  /* of the chunk under way */
	uint64_t total; /* body bytes returned so far */
	uint16_t extra; /* bytes of extensions so far */
	uint8_t step;
	uint8_t digits;
};

static_assert(sizeof(struct chunk) <= 24, "chunk states are journaled");

enum chunk_result { CHUNK_PIECE, CHUNK_MORE, CHUNK_DONE, CHUNK_BAD };

/* Reads on at *p and moves it. CHUNK_PIECE: piece is a run of body bytes, in
 * the input and never empty; call again. CHUNK_MORE: *p is end. CHUNK_DONE:
 * *p stands behind the line of the last chunk, where the trailer section
 * begins, which is the caller's to read (trailer.h). CHUNK_BAD: refuse with
 * REFUSAL_CHUNK and close; it stays bad.
 * The body is at most INT64_MAX bytes. */
enum chunk_result chunk_read(struct chunk *st, const char **p,
    const char *end, struct slice *piece);

/* Writes the size line of a chunk of n bytes so that it ends right before
 * data, where CHUNK_SIZE_ROOM bytes must be free; returns its first byte.
 * n is not 0: that would be the last chunk. */
char *chunk_put_size(char *data, size_t n);

#endif
