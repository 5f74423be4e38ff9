/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: the lines with which the master answers a command. */
#include "master/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define ERROR_TEXT 600
#define TAB 8

void reply_free(struct reply *r)
{
	free(r->at);
	*r = (struct reply){0};
}

static bool make_room(struct reply *r, size_t n)
{
	size_t room = r->room ? r->room : 1024;

	if (r->cut || n > REPLY_MOST || r->n + n > REPLY_MOST) {
		r->cut = true;
		return false;
	}
	while (room < r->n + n)
		room *= 2;
	if (room == r->room)
		return true;
	char *at = realloc(r->at, room);
	if (at == NULL) {
		r->cut = true;
		return false;
	}
	r->at = at;
	r->room = room;
	return true;
}

static void put(struct reply *r, const char *p, size_t n)
{
	if (!make_room(r, n))
		return;
	memcpy(r->at + r->n, p, n);
	r->n += n;
}

static void put_str(struct reply *r, const char *text)
{
	put(r, text, strlen(text));
}

/* Nothing in a text ends its field or its line. */
static void put_text(struct reply *r, const char *p, size_t n)
{
	if (!make_room(r, n))
		return;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		r->at[r->n++] = (char)(c < ' ' || c == 0x7f ? '?' : c);
	}
}

void reply_ok(struct reply *r)
{
	put_str(r, "ok\n");
}

void reply_error(struct reply *r, const char *code, const char *fmt, ...)
{
	char text[ERROR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put_str(r, "error ");
	put_str(r, code);
	put_str(r, " ");
	put_text(r, text, strlen(text));
	put_str(r, "\n");
}

void reply_record(struct reply *r, const char *kind)
{
	put_str(r, kind);
}

static void put_key(struct reply *r, const char *key, const char *sign)
{
	put_str(r, "\t");
	put_str(r, key);
	put_str(r, sign);
}

void reply_text(struct reply *r, const char *key, const char *text)
{
	put_key(r, key, "=");
	if (text)
		put_text(r, text, strlen(text));
}

/* Counters are strangers': who reads them need not have larger numbers. */
void reply_number(struct reply *r, const char *key, uint64_t v)
{
	char digits[24];
	struct buf b;

	buf_init(&b, digits, sizeof digits);
	buf_u64(&b, v < INT64_MAX ? v : INT64_MAX);
	put_key(r, key, ":=");
	put(r, digits, buf_length(&b));
}

void reply_close(struct reply *r)
{
	put_str(r, "\n");
}

/* Tabs at the beginning of a line are its depth. */
static void put_line(struct reply *r, struct slice line)
{
	static const char blanks[TAB + 1] = "        ";

	put_str(r, "text\t=");
	for (; line.n && line.p[0] == '\t'; line.p++, line.n--)
		put(r, blanks, TAB);
	put_text(r, line.p, line.n);
	put_str(r, "\n");
}

void reply_lines(struct reply *r, const char *text, size_t n)
{
	struct slice rest = slice_make(text, n);

	while (rest.n) {
		struct slice line = slice_cut(&rest, '\n');
		put_line(r, line);
	}
}

void reply_end(struct reply *r)
{
	put_str(r, "end\n");
}
