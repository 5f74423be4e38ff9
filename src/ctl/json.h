/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON (RFC 8259) of texts and records. */
#ifndef CTL_JSON_H
#define CTL_JSON_H

#include <stdio.h>

#include "ctl/answer.h"
#include "ctl/records.h"

/* A string: what is no lawful UTF-8 becomes U+FFFD. */
void json_text(FILE *to, struct slice text);

/* The plain lines of an answer (NULL: none) as the last member of an object,
 * and the end of that. */
void json_lines(FILE *to, const struct answer *a);

/* The fields of a record as members of an object, without its braces. */
void json_fields(FILE *to, const struct record *r);

#endif
