/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads Range, writes Content-Range. */
#include "http/range.h"

#include "http/field.h"
#include "http/token.h"

/* One of a Range as it is written there. */
struct spec {
	bool suffix;
	uint64_t first; /* or the suffix's length */
	uint64_t last;  /* UINT64_MAX: to the end */
};

/* Digits only; what is beyond all counters is beyond every length. */
static bool parse_position(struct slice s, uint64_t *out)
{
	if (!token_all(s, TOKEN_DIGIT))
		return false;
	if (!slice_u64(s, out))
		*out = UINT64_MAX;
	return true;
}

static bool parse_spec(struct slice s, struct spec *to)
{
	struct slice last = s;
	struct slice first = slice_cut(&last, '-');

	if (!last.p)
		return false;
	to->last = UINT64_MAX;
	to->suffix = first.n == 0;
	if (to->suffix)
		return parse_position(last, &to->first);
	if (!parse_position(first, &to->first))
		return false;
	if (last.n == 0)
		return true;
	return parse_position(last, &to->last) && to->first <= to->last;
}

/* The list behind "bytes=". */
static bool cut_unit(struct slice *value)
{
	static const struct slice unit = {"bytes=", 6};

	if (value->n < unit.n ||
	    !slice_caseeq(slice_make(value->p, unit.n), unit))
		return false;
	*value = slice_make(value->p + unit.n, value->n - unit.n);
	return true;
}

/* False: none of its bytes are there. */
static bool find_bytes(const struct spec *s, uint64_t length, struct range *r)
{
	if (s->suffix) {
		r->first = s->first < length ? length - s->first : 0;
		r->last = length - 1;
		return s->first > 0;
	}
	r->first = s->first;
	r->last = s->last < length ? s->last : length - 1;
	return s->first < length;
}

static bool overlaps(const struct ranges *have, const struct range *r)
{
	unsigned i;

	for (i = 0; i < have->n; i++)
		if (r->first <= have->at[i].last &&
		    have->at[i].first <= r->last)
			return true;
	return false;
}

/* A suffix of nothing is all of nothing, which no Content-Range can say. */
enum range_result range_parse(struct slice value, uint64_t length,
    struct ranges *to)
{
	unsigned specs = 0;
	struct slice item;
	struct spec spec;
	struct range r;

	to->n = 0;
	if (!cut_unit(&value))
		return RANGE_ALL;
	while (field_next_item(&value, &item)) {
		if (++specs > RANGES_MOST || !parse_spec(item, &spec))
			return RANGE_ALL;
		if (length == 0 && spec.suffix && spec.first > 0)
			return RANGE_ALL;
		if (!find_bytes(&spec, length, &r))
			continue;
		if (overlaps(to, &r))
			return RANGE_ALL;
		to->at[to->n++] = r;
	}
	if (specs == 0)
		return RANGE_ALL;
	return to->n > 0 ? RANGE_SOME : RANGE_NONE;
}

bool range_first(struct slice value, uint64_t *first)
{
	struct slice item;
	struct spec spec;

	if (!cut_unit(&value) || !field_next_item(&value, &item) ||
	    !parse_spec(item, &spec) || spec.suffix)
		return false;
	*first = spec.first;
	while (field_next_item(&value, &item))
		if (!parse_spec(item, &spec))
			return false;
	return true;
}

void range_put(struct buf *b, const struct range *r, uint64_t length)
{
	BUF_LIT(b, "bytes ");
	buf_u64(b, r->first);
	BUF_LIT(b, "-");
	buf_u64(b, r->last);
	BUF_LIT(b, "/");
	buf_u64(b, length);
}

void range_put_none(struct buf *b, uint64_t length)
{
	BUF_LIT(b, "bytes */");
	buf_u64(b, length);
}
