/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares entity tags, and judges the conditions that use them. */
#include "http/etag.h"

#include "http/date.h"
#include "http/field.h"

/* The tag at the beginning of s, W/ and quotes with it; n 0: there is none. A
 * backslash is a byte like others here. */
static size_t tag_length(struct slice s)
{
	size_t i = slice_starts(s, SLICE("W/")) ? 2 : 0;

	if (i >= s.n || s.p[i] != '"')
		return 0;
	for (i++; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
			return 0;
	}
	return 0;
}

bool etag_is_valid(struct slice s)
{
	return s.n > 0 && tag_length(s) == s.n;
}

bool etag_is_weak(struct slice s)
{
	return slice_starts(s, SLICE("W/"));
}

static struct slice opaque(struct slice s)
{
	return etag_is_weak(s) ? slice_make(s.p + 2, s.n - 2) : s;
}

bool etag_equal_weak(struct slice a, struct slice b)
{
	return etag_is_valid(a) && etag_is_valid(b) &&
	    slice_eq(opaque(a), opaque(b));
}

bool etag_equal_strong(struct slice a, struct slice b)
{
	return etag_equal_weak(a, b) && !etag_is_weak(a) && !etag_is_weak(b);
}

/* Cuts the next tag off a list. What is none is passed over up to the next
 * comma. */
static bool next_tag(struct slice *rest, struct slice *tag)
{
	size_t n;

	while (rest->p && rest->n > 0) {
		*rest = slice_trim(*rest);
		n = tag_length(*rest);
		*tag = slice_make(rest->p, n);
		*rest = slice_make(rest->p + n, rest->n - n);
		if (slice_trim(slice_cut(rest, ',')).n == 0 && n > 0)
			return true;
	}
	return false;
}

static bool list_has(struct slice list, struct slice etag)
{
	struct slice tag;

	if (slice_eq(slice_trim(list), SLICE("*")))
		return true;
	while (next_tag(&list, &tag))
		if (etag_equal_weak(tag, etag))
			return true;
	return false;
}

static enum precondition judge_tags(const struct field *f,
    const struct head *request, const struct validators *have)
{
	for (; f; f = head_find_next(request, f))
		if (list_has(f->value, have->etag))
			return PRECONDITION_NOT_MODIFIED;
	return PRECONDITION_TRUE;
}

/* What has no Last-Modified is as old as its Date (RFC 9111, 4.3.2). */
static enum precondition judge_since(struct slice value,
    const struct validators *have, time_t now)
{
	time_t since;

	if (!date_parse(value, now, &since))
		return PRECONDITION_NONE;
	return (have->has_modified ? have->modified : have->date) <= since ?
	    PRECONDITION_NOT_MODIFIED : PRECONDITION_TRUE;
}

enum precondition etag_judge(const struct head *request,
    const struct validators *have, time_t now)
{
	const struct field *f = head_find(request, FIELD_IF_NONE_MATCH);

	if (f)
		return judge_tags(f, request, have);
	f = head_find(request, FIELD_IF_MODIFIED_SINCE);
	if (!f || head_has_many(request, FIELD_IF_MODIFIED_SINCE))
		return PRECONDITION_NONE;
	return judge_since(f->value, have, now);
}

/* A Last-Modified of the second in which the response was made is weak: it may
 * have changed once more in it (RFC 9110, 8.8.2.2). */
bool etag_allows_range(const struct head *request,
    const struct validators *have, time_t now)
{
	const struct field *f = head_find(request, FIELD_IF_RANGE);
	time_t date;

	if (!f)
		return true;
	if (head_has_many(request, FIELD_IF_RANGE))
		return false;
	if (etag_is_valid(f->value))
		return etag_equal_strong(f->value, have->etag);
	return have->has_modified && date_parse(f->value, now, &date) &&
	    date == have->modified && have->modified < have->date;
}
