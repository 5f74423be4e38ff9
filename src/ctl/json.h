/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON (RFC 8259) of texts and records. */
#ifndef CTL_JSON_H
#define CTL_JSON_H

#include <stdio.h>

#include "ctl/records.h"

/* A string: what is no lawful UTF-8 becomes U+FFFD. */
void json_text(FILE *to, struct slice text);

/* The fields of a record as members of an object, without its braces. */
void json_fields(FILE *to, const struct record *r);

#endif
