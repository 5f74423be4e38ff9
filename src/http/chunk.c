/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the chunked coding byte by byte, but for the bodies of chunks. */
#include "http/chunk.h"

#include "http/token.h"

/* STEP_SIZE must be 0: zeroed memory is the beginning. */
enum step {
	STEP_SIZE,      /* hex digits */
	STEP_SPACE,     /* blanks between the size and ';' */
	STEP_EXTENSION, /* up to the CR */
	STEP_SIZE_LF,
	STEP_BODY,
	STEP_BODY_CR,
	STEP_BODY_LF,
	STEP_DONE,
	STEP_BAD
};

#define SIZE_DIGITS 16

static enum step read_digit(struct chunk *st, char c)
{
	if (st->digits == SIZE_DIGITS || st->left > INT64_MAX >> 4)
		return STEP_BAD;
	st->left = st->left << 4 | token_hex(c);
	st->digits++;
	return STEP_SIZE;
}

static enum step read_size(struct chunk *st, char c)
{
	if (token_has(c, TOKEN_HEX))
		return read_digit(st, c);
	if (st->digits == 0)
		return STEP_BAD;
	switch (c) {
	case '\r':
		return STEP_SIZE_LF;
	case ';':
		return STEP_EXTENSION;
	case ' ':
	case '\t':
		return ++st->extra > CHUNK_EXTENSIONS ? STEP_BAD : STEP_SPACE;
	default:
		return STEP_BAD;
	}
}

static enum step read_space(struct chunk *st, char c)
{
	if (++st->extra > CHUNK_EXTENSIONS)
		return STEP_BAD;
	if (c == ';')
		return STEP_EXTENSION;
	return c == ' ' || c == '\t' ? STEP_SPACE : STEP_BAD;
}

static enum step read_extension(struct chunk *st, char c)
{
	if (c == '\r')
		return STEP_SIZE_LF;
	if (++st->extra > CHUNK_EXTENSIONS)
		return STEP_BAD;
	return token_has(c, TOKEN_VALUE) ? STEP_EXTENSION : STEP_BAD;
}

static enum step read_size_lf(struct chunk *st, char c)
{
	st->digits = 0;
	if (c != '\n' || st->left > INT64_MAX - st->total)
		return STEP_BAD;
	return st->left > 0 ? STEP_BODY : STEP_DONE;
}

/* The step after c; never called with STEP_BODY. */
static enum step read_byte(struct chunk *st, char c)
{
	switch (st->step) {
	case STEP_SIZE:
		return read_size(st, c);
	case STEP_SPACE:
		return read_space(st, c);
	case STEP_EXTENSION:
		return read_extension(st, c);
	case STEP_SIZE_LF:
		return read_size_lf(st, c);
	case STEP_BODY_CR:
		return c == '\r' ? STEP_BODY_LF : STEP_BAD;
	case STEP_BODY_LF:
		return c == '\n' ? STEP_SIZE : STEP_BAD;
	default:
		return STEP_BAD;
	}
}

static struct slice read_body(struct chunk *st, const char **p,
    const char *end)
{
	struct slice piece = {*p, (size_t)(end - *p)};

	if (piece.n > st->left)
		piece.n = (size_t)st->left;
	st->left -= piece.n;
	st->total += piece.n;
	if (st->left == 0)
		st->step = STEP_BODY_CR;
	*p += piece.n;
	return piece;
}

enum chunk_result chunk_read(struct chunk *st, const char **p,
    const char *end, struct slice *piece)
{
	while (st->step < STEP_DONE) {
		if (*p == end)
			return CHUNK_MORE;
		if (st->step == STEP_BODY) {
			*piece = read_body(st, p, end);
			return CHUNK_PIECE;
		}
		st->step = (uint8_t)read_byte(st, *(*p)++);
	}
	return st->step == STEP_DONE ? CHUNK_DONE : CHUNK_BAD;
}

char *chunk_put_size(char *data, size_t n)
{
	*--data = '\n';
	*--data = '\r';
	do {
		*--data = "0123456789abcdef"[n & 15];
		n >>= 4;
	} while (n > 0);
	return data;
}
