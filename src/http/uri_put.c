/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes paths and queries so that they may stand in a request. */
#include "http/token.h"
#include "http/uri.h"

/* unreserved, sub-delims, ":", "@" and "/" (RFC 3986, 3.3). */
static bool stays_in_path(char c)
{
	static const char others[] = "/:@!$&'()*+,;=";

	return token_has(c, TOKEN_HOST) ||
	    memchr(others, c, sizeof(others) - 1) != NULL;
}

static bool stays_in_query(char c)
{
	static const char never[] = "\"<>\\%";

	return token_has(c, TOKEN_TARGET) &&
	    memchr(never, c, sizeof(never) - 1) == NULL;
}

static void put_encoded(struct buf *b, char c)
{
	static const char hex[] = "0123456789ABCDEF";
	char text[3] = {'%', hex[(uint8_t)c >> 4], hex[(uint8_t)c & 15]};

	buf_put(b, text, sizeof(text));
}

static void put_each(struct buf *b, struct slice s, bool (*stays)(char))
{
	const char *run = s.p, *p = s.p, *end = s.p + s.n;

	while (p < end) {
		if (token_is_encoding(p, end)) {
			p += 3;
		} else if (stays(*p)) {
			p++;
		} else {
			buf_put(b, run, (size_t)(p - run));
			put_encoded(b, *p++);
			run = p;
		}
	}
	buf_put(b, run, (size_t)(p - run));
}

void uri_put_path(struct buf *b, struct slice path)
{
	if (path.n > 0)
		put_each(b, path, stays_in_path);
}

void uri_put_query(struct buf *b, struct slice query)
{
	if (query.n > 0)
		put_each(b, query, stays_in_query);
}

/* unreserved (RFC 3986, 2.3) */
static bool needs_no_encoding(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
	    || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
	    || c == '~';
}

void uri_put_plain(struct buf *b, struct slice path)
{
	const char *run = path.p, *p = path.p, *end = path.p + path.n;

	while (p < end && (p = memchr(p, '%', (size_t)(end - p))) != NULL) {
		if (!token_is_encoding(p, end)) {
			p++;
			continue;
		}
		char c = (char)token_encoded(p);
		buf_put(b, run, (size_t)(p - run));
		if (needs_no_encoding(c))
			buf_put(b, &c, 1);
		else
			put_encoded(b, c);
		run = p += 3;
	}
	buf_put(b, run, (size_t)(end - run));
}

struct slice uri_path_rest(struct slice path, struct slice prefix,
    bool *found)
{
	struct slice rest;

	*found = path.n == 0 && prefix.n == 0;
	if (path.n == 0 || !slice_starts(path, prefix))
		return (struct slice){NULL, 0};
	if (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	rest = slice_make(path.p + prefix.n, path.n - prefix.n);
	*found = rest.n == 0 || rest.p[0] == '/';
	return *found ? rest : (struct slice){NULL, 0};
}
