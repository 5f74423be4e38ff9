/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the end of a trailer section, and copies what may go on. */
#include "http/trailer.h"

#include "http/field.h"
#include "http/head.h"
#include "http/token.h"

enum trailer_scan trailer_scan(const char *p, size_t n, size_t *length)
{
	const char *end = p + (n < TRAILER_MOST ? n : TRAILER_MOST);
	const char *line, *at = p;

	for (;;) {
		line = at;
		at = token_skip_value(at, end);
		if (at == end || (*at == '\r' && end - at == 1))
			return n < TRAILER_MOST ? TRAILER_MORE : TRAILER_BAD;
		if (at[0] != '\r' || at[1] != '\n')
			return TRAILER_BAD;
		at += 2;
		if (at - line == 2)
			break;
	}
	*length = (size_t)(at - p);
	return TRAILER_WHOLE;
}

/* A client's trailers pass no guard, and a backend's no filter. */
static bool may_go_on(const struct field *f)
{
	if ((f->flags & FIELD_UNDERSCORE) || field_is_identity(f->name))
		return false;
	return f->id == FIELD_OTHER || f->id == FIELD_ETAG;
}

/* The fields of [p, end), which is without the empty line. */
static const struct refusal *copy_fields(const char *p, const char *end,
    trailer_keep *keep, const void *arg, struct buf *b)
{
	struct field f;
	unsigned n = 0;

	while (p < end) {
		if (++n > TRAILER_FIELDS || head_parse_field(&f, &p, end))
			return refusal_of(REFUSAL_CHUNK);
		if (!may_go_on(&f) || (keep && !keep(f.name, arg)))
			continue;
		buf_slice(b, f.name);
		BUF_LIT(b, ": ");
		buf_slice(b, f.value);
		BUF_LIT(b, "\r\n");
	}
	return NULL;
}

const struct refusal *trailer_copy(const char *p, size_t length,
    trailer_keep *keep, const void *arg, struct buf *b)
{
	char *before = b->at;
	const struct refusal *r = refusal_of(REFUSAL_CHUNK);

	if (length >= 2 && memcmp(p + length - 2, "\r\n", 2) == 0)
		r = copy_fields(p, p + length - 2, keep, arg, b);
	if (r)
		b->at = before;
	return r;
}
