/* SPDX-License-Identifier: BSD-2-Clause */
/* Decides where a body ends, and refuses where two readers could differ. */
#include "http/framing.h"

static const struct refusal *parse_length(const struct head *h,
    struct framing *f)
{
	uint64_t n;

	if (head_has_many(h, FIELD_CONTENT_LENGTH))
		return refusal_of(REFUSAL_LENGTH_TWICE);
	if (!slice_u64(head_value(h, FIELD_CONTENT_LENGTH), &n))
		return refusal_of(REFUSAL_LENGTH);
	if (n > INT64_MAX)
		return refusal_of(REFUSAL_LENGTH);
	f->kind = BODY_LENGTH;
	f->length = n;
	return NULL;
}

/* Says what is wrong with codings that are not the one word "chunked". */
static const struct refusal *blame_coding(const struct head *h)
{
	const struct field *te = head_find(h, FIELD_TRANSFER_ENCODING);
	unsigned chunked = 0, other = 0;
	bool last_chunked = false;
	struct slice rest, item;

	for (; te; te = head_find_next(h, te)) {
		rest = te->value;
		while (field_next_item(&rest, &item)) {
			last_chunked = slice_caseeq(item, SLICE("chunked"));
			chunked += last_chunked;
			other += !last_chunked;
		}
	}
	if (chunked > 1)
		return refusal_of(REFUSAL_CODING_TWICE);
	if (chunked && !last_chunked)
		return refusal_of(REFUSAL_CODING_NOT_LAST);
	if (other)
		return refusal_of(REFUSAL_CODING_UNKNOWN);
	return refusal_of(REFUSAL_CODING);
}

static const struct refusal *parse_coding(const struct head *h,
    struct framing *f)
{
	if (h->minor == 0)
		return refusal_of(REFUSAL_CODING_OLD);
	if (head_has(h, FIELD_CONTENT_LENGTH))
		return refusal_of(REFUSAL_LENGTH_AND_CODING);
	if (head_has_many(h, FIELD_TRANSFER_ENCODING))
		return blame_coding(h);
	if (!slice_caseeq(head_value(h, FIELD_TRANSFER_ENCODING),
	    SLICE("chunked")))
		return blame_coding(h);
	f->kind = BODY_CHUNKED;
	return NULL;
}

/* What the fields say; otherwise is for a head that has neither. */
static const struct refusal *parse_fields(const struct head *h,
    struct framing *f, enum framing_kind otherwise)
{
	f->kind = otherwise;
	f->length = 0;
	if (head_has(h, FIELD_TRANSFER_ENCODING))
		return parse_coding(h, f);
	if (head_has(h, FIELD_CONTENT_LENGTH))
		return parse_length(h, f);
	return NULL;
}

const struct refusal *framing_request(const struct head *h, struct framing *f)
{
	return parse_fields(h, f, BODY_NONE);
}

static bool has_no_body(unsigned status, enum method m)
{
	if (m == METHOD_HEAD || (m == METHOD_CONNECT && status / 100 == 2))
		return true;
	return status < 200 || status == 204 || status == 304;
}

/* The fields are checked even where there is no body: a Content-Length that
 * goes on to the client must be one. */
const struct refusal *framing_response(const struct head *h,
    enum method request_method, struct framing *f)
{
	const struct refusal *r;

	r = parse_fields(h, f,
	    h->status == 205 ? BODY_LENGTH : BODY_UNTIL_CLOSE);
	if (has_no_body(h->status, request_method)) {
		f->kind = BODY_NONE;
		f->length = 0;
	}
	return refusal_from_backend(r);
}
