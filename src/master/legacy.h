/* SPDX-License-Identifier: BSD-2-Clause */
/* Legacies: what a program leaves to the one that takes its place (exec). */
#ifndef MASTER_LEGACY_H
#define MASTER_LEGACY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* It is text in a memfd: a first line that says what it is, then a line for
 * each item: its kind, and behind tabs its fields, KEY=VALUE. What is no
 * printable ASCII stands as %XX. Descriptors keep their numbers. A reader
 * passes over kinds and fields that it does not know; what must not be passed
 * over by an older one has another first line. */
#define LEGACY_FIRST_LINE "portico legacy 1"
#define LEGACY_MOST (256u << 20) /* bytes */
#define LEGACY_WRONG 300

struct legacy_field {
	const char *key;
	char *value;
	size_t n;  /* there is a NUL behind them */
};

struct legacy_item {
	const char *kind;
	unsigned first, n; /* fields */
};

/* Whatever is wrong with what is asked for, the first such thing is kept in
 * `wrong`, and what is returned does no harm: the least number, "", -1. */
struct legacy {
	char *text;
	struct legacy_item *items;
	struct legacy_field *fields;
	unsigned nitems, nfields;
	char wrong[LEGACY_WRONG]; /* "": nothing */
};

/* Reads the memfd, which stays open. False: *l says what is wrong; legacy_drop
 * all the same. */
bool legacy_read(struct legacy *l, int fd);
void legacy_drop(struct legacy *l);

/* The next of that kind; after NULL, the first one. NULL: no more. */
const struct legacy_item *legacy_next(const struct legacy *l,
    const struct legacy_item *after, const char *kind);

/* The first one, which must be there. */
const struct legacy_item *legacy_get(struct legacy *l, const char *kind);

uint64_t legacy_number(struct legacy *l, const struct legacy_item *i,
    const char *key, uint64_t least, uint64_t most);
bool legacy_bool(struct legacy *l, const struct legacy_item *i,
    const char *key);

/* Of `most` bytes at most; without NULs but the last. */
const char *legacy_text(struct legacy *l, const struct legacy_item *i,
    const char *key, size_t most);
const char *legacy_bytes(struct legacy *l, const struct legacy_item *i,
    const char *key, size_t most, size_t *n);

/* An open descriptor above the standard ones, close-on-exec from now on; or -1
 * if there was none and none is needed. */
int legacy_fd(struct legacy *l, const struct legacy_item *i, const char *key);
int legacy_fd_or_none(struct legacy *l, const struct legacy_item *i,
    const char *key);

/* Something else is wrong with it. Returns false. */
bool legacy_blame(struct legacy *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
