/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of a request in an access log. */
#ifndef WORKER_LINE_H
#define WORKER_LINE_H

#include "base/buf.h"
#include "worker/request.h"

#define LINE_SYSLOG 2048 /* syslog daemons cut longer ones */
#define LINE_TEXT 256

/* Writes the line of the request s->r in the log's format, without a newline
 * and without a control byte; now: clock_us at its end. Returns its length, at
 * most room, which is RING_LINE_MAX, or LINE_SYSLOG. What is too long is cut
 * inside of its values: JSON stays whole. */
size_t line_format(const struct stride *s, const struct conf_access_log *log,
    uint64_t now, char *to, size_t room);

/* The formats: line_format with a buffer of so much room. */
void line_combined(const struct stride *s, struct buf *b);
void line_json(const struct stride *s, uint64_t now, struct buf *b);
void line_custom(const struct stride *s, const struct conf_template *custom,
    uint64_t now, struct buf *b);

/* A field of log_fields.def has one of both. text: what is nowhere else is
 * put into room; empty: it has none. number: -1 if it has none. */
struct line_field {
	struct slice (*text)(const struct stride *s, char room[LINE_TEXT]);
	int64_t (*number)(const struct stride *s, uint64_t now);
};

extern const struct line_field line_fields[LOG_FIELD_COUNT];

/* Those of TLS connections: empty for others. */
struct slice line_tls_version(const struct stride *s, char room[LINE_TEXT]);
struct slice line_tls_cipher(const struct stride *s, char room[LINE_TEXT]);
struct slice line_tls_resumed(const struct stride *s, char room[LINE_TEXT]);
struct slice line_tls_server(const struct stride *s, char room[LINE_TEXT]);
struct slice line_tls_verified(const struct stride *s, char room[LINE_TEXT]);

/* The second now: "21/Nov/2026:04:00:00 +0000", and as in RFC 3339. */
struct slice line_time(void);
struct slice line_time_iso(void);

/* What is left of the buffer for values, but for so many bytes. */
static inline size_t line_left(const struct buf *b, size_t but)
{
	size_t left = (size_t)(b->end - b->at);

	return left > but ? left - but : 0;
}

/* How many of the first n bytes at p need no escape in any format: printable
 * ASCII without quote and backslash. */
size_t line_plain(const char *p, size_t n);

/* Quotes, backslashes, and all that is not printable ASCII as "\xHH"; at most
 * so many bytes are written. */
void line_put_escaped(struct buf *b, struct slice v, size_t most);

#endif
