/* SPDX-License-Identifier: BSD-2-Clause */
/* An answer of the master: "ok" or "error", and the lines behind it. */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include "ctl/records.h"

struct answer {
	char *bytes; /* what the slices lie in */
	size_t n;
	bool ok;
	struct slice code, text; /* of an error */
	struct slice *lines;     /* each can be parsed */
	unsigned nlines;
};

/* True if the bytes end with the line that ends an answer. */
bool answer_is_whole(const char *bytes, size_t n);

/* Takes the bytes apart, which must be malloc's and are the answer's from
 * now on. NULL, or what is wrong with them; in both cases for answer_fini. */
const char *answer_parse(struct answer *a, char *bytes, size_t n);
void answer_fini(struct answer *a);

/* The record of line i, which must be one of the answer's. */
void answer_record(const struct answer *a, unsigned i, struct record *to);

#endif
