/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of an access log line. */
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "worker/account.h"

#define VALUE_MOST 1000

static void put_time(struct buf *b)
{
	static int64_t when = -1;
	static char text[40];
	static size_t n;
	int64_t now = clock_wall();

	if (now != when) {
		time_t t = (time_t)now;
		struct tm tm;
		localtime_r(&t, &tm);
		n = strftime(text, sizeof text, "[%d/%b/%Y:%H:%M:%S %z]", &tm);
		when = now;
	}
	buf_put(b, text, n);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_escaped(struct buf *b, struct slice v)
{
	if (v.n > VALUE_MOST)
		v.n = VALUE_MOST;
	for (size_t i = 0, from = 0; i <= v.n; i++) {
		if (i < v.n && is_plain((unsigned char)v.p[i]))
			continue;
		buf_put(b, v.p + from, i - from);
		if (i < v.n) {
			char hex[5];
			snprintf(hex, sizeof hex, "\\x%02X",
			    (unsigned char)v.p[i]);
			buf_put(b, hex, 4);
		}
		from = i + 1;
	}
}

static void put_quoted(struct buf *b, struct slice v)
{
	BUF_LIT(b, " \"");
	if (v.n)
		put_escaped(b, v);
	else
		BUF_LIT(b, "-");
	BUF_LIT(b, "\"");
}

static void put_request(struct buf *b, const struct head *h)
{
	if (h->method.n == 0) {
		BUF_LIT(b, " \"-\" ");
		return;
	}
	BUF_LIT(b, " \"");
	put_escaped(b, h->method);
	BUF_LIT(b, " ");
	put_escaped(b, h->target);
	buf_str(b, h->minor ? " HTTP/1.1\" " : " HTTP/1.0\" ");
}

static uint64_t body_bytes(const struct stride *s)
{
	uint64_t n = s->f.tx - s->f.answer_at;

	return n > s->r->head_bytes ? n - s->r->head_bytes : 0;
}

size_t account_line(const struct stride *s, char *to, size_t room)
{
	const struct request *r = s->r;
	char client[ADDR_TEXT];
	struct buf b;

	buf_init(&b, to, room);
	buf_put(&b, client, addr_format_ip(&r->client, client));
	BUF_LIT(&b, " - - ");
	put_time(&b);
	put_request(&b, &r->head);
	buf_u64(&b, r->status ? r->status : 499);
	BUF_LIT(&b, " ");
	buf_u64(&b, body_bytes(s));
	put_quoted(&b, head_value(&r->head, FIELD_REFERER));
	put_quoted(&b, head_value(&r->head, FIELD_USER_AGENT));
	return buf_length(&b);
}
