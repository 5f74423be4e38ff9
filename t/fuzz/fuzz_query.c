/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of queries and cookies lie in their text, and in order. */
/* links: http base */
#include "base/log.h"
#include "http/cookie.h"
#include "http/query.h"
#include "http/uri.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool has(struct slice s, char c)
{
	return s.n > 0 && memchr(s.p, c, s.n);
}

/* Writing a query changes nothing of what it says. */
static void check_decoding(struct slice text)
{
	static char plain[TEXT_MAX], coded[3 * TEXT_MAX], again[3 * TEXT_MAX];
	size_t n = query_decode(text, plain, text.n), m;
	struct buf b;

	MUST(n <= text.n);
	buf_init(&b, coded, sizeof(coded));
	uri_put_query(&b, text);
	MUST(!b.full);
	m = query_decode(slice_make(coded, buf_length(&b)), again,
	    sizeof(again));
	MUST(m == n && memcmp(plain, again, n) == 0);
	MUST(query_decode(text, again, n / 2) == n / 2);
	MUST(memcmp(plain, again, n / 2) == 0);
}

/* Checks a pair, and returns where it ends. */
static const char *check_pair(struct slice text, const char *at,
    struct slice name, struct slice value)
{
	MUST(!has(name, '='));
	MUST(name.p >= at && name.p + name.n <= text.p + text.n);
	at = name.p + name.n;
	if (value.p) {
		MUST(value.p > at && value.p + value.n <= text.p + text.n);
		at = value.p + value.n;
	}
	return at;
}

static void check_query(struct slice text)
{
	struct slice rest = text, name, value;
	const char *at = text.p;

	while (query_next(&rest, &name, &value)) {
		at = check_pair(text, at, name, value);
		MUST(!has(name, '&') && !has(value, '&'));
		check_decoding(value);
	}
}

static void check_cookie(struct slice text)
{
	struct slice rest = text, name, value, found;
	const char *at = text.p;

	while (cookie_next(&rest, &name, &value)) {
		at = check_pair(text, at, name, value);
		MUST(name.n > 0 && value.p);
		MUST(!has(name, ';') && !has(value, ';'));
		MUST(slice_eq(slice_trim(name), name));
		MUST(cookie_find(text, name, &found));
		MUST(found.p <= value.p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice text = {(const char *)bytes, n};

	if (n > TEXT_MAX)
		return 0;
	check_decoding(text);
	check_query(text);
	check_cookie(text);
	return 0;
}
