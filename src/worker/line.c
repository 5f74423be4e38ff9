/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of access logs: the combined format, and what all formats share. */
#include "worker/line.h"

#include <time.h>

#include "base/clock.h"
#include "shm/slot.h"

#define VALUE_MOST 1000  /* bytes of a value, before they are escaped */
#define METHOD_MOST 64
#define FIXED 448 /* bytes that all but target and fields may take */

struct second {
	int64_t when;
	size_t n, niso;
	char text[40], iso[40];
};

static const struct second *second_now(void)
{
	static struct second s = {.when = -1};
	int64_t now = clock_wall();

	if (now == s.when)
		return &s;
	time_t t = (time_t)now;
	struct tm tm;
	/* the C library opens the file of the time zone, if it has changed */
	note_take(NOTE_SOCKET, 0, 0);
	localtime_r(&t, &tm);
	s.n = strftime(s.text, sizeof s.text, "%d/%b/%Y:%H:%M:%S %z", &tm);
	s.niso = strftime(s.iso, sizeof s.iso - 1, "%Y-%m-%dT%H:%M:%S%z",
	    &tm);
	note_clear();
	/* "+0100" to "+01:00" */
	memmove(s.iso + s.niso - 1, s.iso + s.niso - 2, 2);
	s.iso[s.niso - 2] = ':';
	s.niso++;
	s.when = now;
	return &s;
}

struct slice line_time(void)
{
	const struct second *s = second_now();

	return slice_make(s->text, s->n);
}

struct slice line_time_iso(void)
{
	const struct second *s = second_now();

	return slice_make(s->iso, s->niso);
}

/* 8 bytes at once: a byte's top bit is set in what is returned if it may not
 * be plain. Every byte that is not has it set. */
static uint64_t suspects(const char *p)
{
	const uint64_t ones = UINT64_MAX / 255, tops = ones << 7;
	uint64_t w;

	memcpy(&w, p, sizeof w);
	uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
	return ((w - ones * 0x20) | (w + ones) | w | (quote - ones)
	    | (slash - ones)) & tops;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

size_t line_plain(const char *p, size_t n)
{
	size_t i = 0;

	while (i + 8 <= n && suspects(p + i) == 0)
		i += 8;
	while (i < n && is_plain((unsigned char)p[i]))
		i++;
	return i;
}

static void put_hex(struct buf *b, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char text[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};

	buf_put(b, text, sizeof text);
}

void line_put_escaped(struct buf *b, struct slice v, size_t most)
{
	for (size_t i = 0;; i++, most -= 4) {
		size_t left = v.n - i;
		size_t n = line_plain(v.p + i, left < most ? left : most);
		buf_put(b, v.p + i, n);
		i += n;
		most -= n;
		if (i == v.n || most < 4)
			return;
		put_hex(b, (unsigned char)v.p[i]);
	}
}

static void put_value(struct buf *b, struct slice v, size_t most)
{
	if (v.n > VALUE_MOST)
		v.n = VALUE_MOST;
	line_put_escaped(b, v, most);
}

static void put_quoted(struct buf *b, struct slice v, size_t most)
{
	BUF_LIT(b, " \"");
	if (v.n)
		put_value(b, v, most);
	else
		BUF_LIT(b, "-");
	BUF_LIT(b, "\"");
}

static void put_request(struct buf *b, const struct head *h, size_t most)
{
	if (h->method.n == 0) {
		BUF_LIT(b, "] \"-\" ");
		return;
	}
	BUF_LIT(b, "] \"");
	put_value(b, h->method, METHOD_MOST);
	BUF_LIT(b, " ");
	put_value(b, h->target, most);
	buf_str(b, h->minor ? " HTTP/1.1\" " : " HTTP/1.0\" ");
}

void line_combined(const struct stride *s, struct buf *b)
{
	const struct head *h = &s->r->head;
	size_t room = (size_t)(b->end - b->start);
	char client[LINE_TEXT];

	buf_slice(b, line_fields[LOG_FIELD_CLIENT].text(s, client));
	BUF_LIT(b, " - - [");
	buf_slice(b, line_time());
	put_request(b, h, (room - FIXED) / 3);
	buf_u64(b, (uint64_t)line_fields[LOG_FIELD_STATUS].number(s, 0));
	BUF_LIT(b, " ");
	buf_u64(b, (uint64_t)line_fields[LOG_FIELD_BODY_BYTES].number(s, 0));
	put_quoted(b, head_value(h, FIELD_REFERER), line_left(b, 8) / 2);
	put_quoted(b, head_value(h, FIELD_USER_AGENT), line_left(b, 3));
}

size_t line_format(const struct stride *s, const struct conf_access_log *log,
    uint64_t now, char *to, size_t room)
{
	struct buf b;

	buf_init(&b, to, room);
	if (log->format == FORMAT_JSON)
		line_json(s, now, &b);
	else if (log->format == FORMAT_CUSTOM)
		line_custom(s, &log->custom, now, &b);
	else
		line_combined(s, &b);
	return buf_length(&b);
}
