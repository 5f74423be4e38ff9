/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the master's answers: a line each, "kind\tkey=text\tkey:=1". */
#ifndef CTL_RECORDS_H
#define CTL_RECORDS_H

#include "base/slice.h"

#define RECORD_FIELDS 64

struct record_field {
	struct slice key;
	struct slice text; /* of a number: its digits */
	int64_t number;
	bool is_number;
};

/* All slices lie in the line. */
struct record {
	struct slice kind;
	struct record_field fields[RECORD_FIELDS];
	unsigned n;
};

/* Takes a line without its newline apart; false if it is no record: a kind
 * or key that is not of [a-z0-9_], a key that is there twice, a number that
 * is none or does not fit, more than RECORD_FIELDS fields. A record of kind
 * "text" has one field, with an empty key; what it says may hold tabs. */
bool record_parse(struct slice line, struct record *to);

/* NULL if it has no such field. */
const struct record_field *record_find(const struct record *r,
    const char *key);

/* The field's text, empty if there is none. */
struct slice record_text(const struct record *r, const char *key);

bool record_is(const struct record *r, const char *kind);

#endif
