/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: the lines with which the master answers a command. */
#ifndef MASTER_REPLY_H
#define MASTER_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define REPLY_MOST (8u << 20) /* bytes */

/* Zero is an empty one. What passes REPLY_MOST, or finds no memory, is left
 * out, and the end with it: the reader sees that it is cut. */
struct reply {
	char *at;
	size_t n, room;
	bool cut;
};

void reply_free(struct reply *r);

/* The first line. */
void reply_ok(struct reply *r);
void reply_error(struct reply *r, const char *code, const char *fmt, ...)
    LOG_LIKE(3, 4);

/* A record: its kind, its fields, and its end. Of a text, NULL is "". */
void reply_record(struct reply *r, const char *kind);
void reply_text(struct reply *r, const char *key, const char *text);
void reply_number(struct reply *r, const char *key, uint64_t v);
void reply_close(struct reply *r);

/* Plain lines, of which each becomes a record `text`. */
void reply_lines(struct reply *r, const char *text, size_t n);

/* The last line. */
void reply_end(struct reply *r);

#endif
