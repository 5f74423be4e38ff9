/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of an HTTP check: the request, and what its answer means. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "steward/check.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "http/refusal.h"
#include "net/proxyproto.h"

#define INTERIMS 8 /* 1xx that may stand before an answer */
#define FIELDS 128
#define FIRST_ROOM 2048
#define STEPS_MOST 100000 /* of a match */
#define DEPTH_MOST 1000
#define AROUND 160 /* bytes of a request beside method, path and host */

static bool has_content(struct slice method)
{
	return slice_eq(method, SLICE("POST"))
	    || slice_eq(method, SLICE("PUT"))
	    || slice_eq(method, SLICE("PATCH"));
}

/* Who checks is no client of anybody's. A gate sends it where there is TLS. */
static void put_proxied(struct buf *to, const struct conf_pool *pool,
    const struct conf_backend *b)
{
	char room[PROXYPROTO_ROOM];

	if (pool->proxy_protocol && !b->tls)
		buf_put(to, room, proxyproto_put(pool->proxy_protocol, NULL,
		    NULL, room));
}

char *check_request(const struct conf_pool *pool,
    const struct conf_backend *b, size_t *n)
{
	struct slice method = pool->health.method, path = pool->health.path;
	struct slice host = pool->health.host.n ? pool->health.host : b->host;
	size_t room = method.n + path.n + host.n + AROUND;
	char *text = malloc(room);
	struct buf to;

	if (text == NULL)
		return NULL;
	buf_init(&to, text, room);
	put_proxied(&to, pool, b);
	buf_slice(&to, method);
	BUF_LIT(&to, " ");
	buf_slice(&to, path);
	BUF_LIT(&to, " HTTP/1.1\r\nHost: ");
	buf_slice(&to, host);
	BUF_LIT(&to, "\r\nUser-Agent: health-check\r\nConnection: close\r\n");
	if (has_content(method)) /* RFC 9110, 8.6 */
		BUF_LIT(&to, "Content-Length: 0\r\n");
	BUF_LIT(&to, "\r\n");
	MUST(!to.full);
	*n = buf_length(&to);
	return text;
}

void check_begin(struct check *c, const struct conf_pool *pool)
{
	memset(c, 0, sizeof *c);
	c->pool = pool;
}

void check_free(struct check *c)
{
	free(c->in);
	c->in = NULL;
	c->n = c->room = 0;
}

static enum check_result bad(struct check *c, const char *why)
{
	snprintf(c->why, sizeof c->why, "%s", why);
	return CHECK_BAD;
}

static enum check_result unlawful(struct check *c, const char *why)
{
	snprintf(c->why, sizeof c->why, "unlawful answer: %s", why);
	return CHECK_BAD;
}

/* ---- The body ---- */

/* Match data is made once: private memory of this process. */
static int match(const struct conf_regex *re, const char *p, size_t n)
{
	static pcre2_match_data *found;
	static pcre2_match_context *limits;

	if (found == NULL) {
		found = pcre2_match_data_create(1, NULL);
		limits = pcre2_match_context_create(NULL);
		if (found == NULL || limits == NULL)
			die("no memory to match with");
		pcre2_set_match_limit(limits, STEPS_MOST);
		pcre2_set_depth_limit(limits, DEPTH_MOST);
	}
	return pcre2_match(re->code, (PCRE2_SPTR)(p ? p : ""), n, 0, 0, found,
	    limits);
}

static enum check_result judge_body(struct check *c)
{
	int found = match(&c->pool->health.body_re, c->in, c->n);

	if (found < 0 && found != PCRE2_ERROR_NOMATCH)
		return bad(c, "body cannot be matched: too many steps");
	if ((found == PCRE2_ERROR_NOMATCH) == c->pool->health.body_not)
		return CHECK_GOOD;
	return bad(c, c->pool->health.body_not
	    ? "body matches what it must not" : "body does not match");
}

/* As much as there is room for; false without memory. */
static bool keep(struct check *c, const char *p, size_t n, size_t most)
{
	if (n > most - c->n)
		n = most - c->n;
	if (c->n + n > c->room) {
		size_t room = c->room ? c->room : FIRST_ROOM;
		while (room < c->n + n)
			room *= 2;
		char *in = realloc(c->in, room);
		if (in == NULL)
			return false;
		c->in = in;
		c->room = room;
	}
	if (n)
		memcpy(c->in + c->n, p, n);
	c->n += n;
	return true;
}

static enum check_result read_plain(struct check *c, const char *p, size_t n)
{
	bool bounded = c->framing.kind == BODY_LENGTH;

	if (bounded && n > c->framing.length)
		n = (size_t)c->framing.length;
	if (!keep(c, p, n, CHECK_BODY))
		return bad(c, "no memory for the answer");
	if (bounded)
		c->framing.length -= n;
	if (c->n == CHECK_BODY || (bounded && c->framing.length == 0))
		return judge_body(c);
	return CHECK_MORE;
}

static enum check_result read_chunks(struct check *c, const char *p, size_t n)
{
	const char *end = p + n;
	struct slice piece;

	for (;;) {
		switch (chunk_read(&c->chunk, &p, end, &piece)) {
		case CHUNK_PIECE:
			if (!keep(c, piece.p, piece.n, CHECK_BODY))
				return bad(c, "no memory for the answer");
			if (c->n == CHECK_BODY)
				return judge_body(c);
			break;
		case CHUNK_MORE:
			return CHECK_MORE;
		case CHUNK_DONE:
			return judge_body(c);
		case CHUNK_BAD:
			return unlawful(c,
			    refusal_of(REFUSAL_CHUNK)->why);
		}
	}
}

static enum check_result read_body(struct check *c, const char *p, size_t n)
{
	switch (c->framing.kind) {
	case BODY_NONE:
		return judge_body(c);
	case BODY_CHUNKED:
		return read_chunks(c, p, n);
	case BODY_LENGTH:
	case BODY_UNTIL_CLOSE:
		break;
	}
	return read_plain(c, p, n);
}

/* ---- The head ---- */

static enum check_result judge_status(struct check *c, unsigned status)
{
	snprintf(c->why, sizeof c->why, "status %u", status);
	if (status == 404 && c->pool->health.drain_on_404)
		return CHECK_DRAIN;
	if (!conf_has_status(&c->pool->health.status, status))
		return CHECK_BAD;
	return c->pool->health.body_re.code ? CHECK_MORE : CHECK_GOOD;
}

/* Status and framing of the head, c->in, of so many bytes. */
static enum check_result judge_head(struct check *c, size_t length)
{
	static struct field fields[FIELDS];
	const struct head_limits limits = {.max_fields = FIELDS};
	struct slice method = c->pool->health.method;
	struct head head;

	head_init(&head, fields, FIELDS);
	const struct refusal *r = head_parse_response(&head, c->in, length,
	    &limits);
	if (r)
		return unlawful(c, r->why);
	if (head.status == 101) /* nobody has asked for it */
		return unlawful(c, "status 101");
	if (head.status < 200) {
		if (++c->interims > INTERIMS)
			return unlawful(c, "too many interim answers");
		return CHECK_MORE;
	}
	c->has_head = true;
	enum check_result result = judge_status(c, head.status);
	if (result != CHECK_MORE)
		return result;
	r = framing_response(&head, method_find(method), &c->framing);
	return r ? unlawful(c, r->why) : CHECK_MORE;
}

/* Of what came with the head the rest is an answer after a 1xx, or body. */
static enum check_result read_rest(struct check *c, size_t length)
{
	char *rest = c->in + length, *head = c->in;
	size_t n = c->n - length;

	c->n = c->room = 0;
	c->in = NULL;
	c->scan = (struct head_scan_state){0};
	enum check_result result = c->has_head ? read_body(c, rest, n)
	    : check_read(c, rest, n);
	free(head);
	return result;
}

static enum check_result read_head(struct check *c, const char *p, size_t n)
{
	size_t before = c->n, length;

	if (!keep(c, p, n, CHECK_HEAD))
		return bad(c, "no memory for the answer");
	size_t kept = c->n - before;
	switch (head_scan(c->in, c->n, &c->scan, &length)) {
	case HEAD_BAD:
		return unlawful(c, "no head of HTTP/1");
	case HEAD_MORE:
		if (c->n == CHECK_HEAD)
			return unlawful(c, "its head is too long");
		return CHECK_MORE;
	case HEAD_WHOLE:
		break;
	}
	enum check_result result = judge_head(c, length);
	if (result == CHECK_MORE)
		result = read_rest(c, length);
	/* what did not fit beside the head */
	if (result == CHECK_MORE && kept < n)
		result = check_read(c, p + kept, n - kept);
	return result;
}

enum check_result check_read(struct check *c, const char *p, size_t n)
{
	if (c->has_head)
		return read_body(c, p, n);
	return n ? read_head(c, p, n) : CHECK_MORE;
}

enum check_result check_end(struct check *c)
{
	if (!c->has_head)
		return bad(c, c->n || c->interims
		    ? "its answer ended within the head"
		    : "connection closed without an answer");
	if (c->framing.kind == BODY_UNTIL_CLOSE)
		return judge_body(c);
	return bad(c, "its answer was cut off");
}
