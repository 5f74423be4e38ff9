/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads for unit tests, made of a few field lines. */
#ifndef UNIT_HEADS_H
#define UNIT_HEADS_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/head.h"

#define HEADS_FIELDS 64

struct test_head {
	struct head h;
	struct field fields[HEADS_FIELDS];
	char text[8192];
};

static const struct head_limits heads_limits = {HEADS_FIELDS, 4096};

static inline size_t heads_write(struct test_head *t, const char *start,
    const char *lines)
{
	int n = snprintf(t->text, sizeof(t->text), "%s\r\n%s\r\n", start,
	    lines);

	ck_assert(n > 0 && (size_t)n < sizeof(t->text));
	head_init(&t->h, t->fields, HEADS_FIELDS);
	return (size_t)n;
}

/* Of a GET; each of lines with its CRLF. */
static inline const struct head *heads_request(struct test_head *t,
    const char *lines)
{
	size_t n = heads_write(t, "GET / HTTP/1.1", lines);

	ck_assert(!head_parse_request(&t->h, t->text, n, &heads_limits));
	return &t->h;
}

/* Of a response with that status, as above. */
static inline const struct head *heads_response(struct test_head *t,
    unsigned status, const char *lines)
{
	char start[32];
	size_t n;

	snprintf(start, sizeof(start), "HTTP/1.1 %u", status);
	n = heads_write(t, start, lines);
	ck_assert(!head_parse_response(&t->h, t->text, n, &heads_limits));
	return &t->h;
}

#endif
