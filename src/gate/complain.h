/* SPDX-License-Identifier: BSD-2-Clause */
/* Saying what is wrong with files that the configuration names. */
#ifndef GATE_COMPLAIN_H
#define GATE_COMPLAIN_H

#include <stdio.h>

#include "base/log.h"

/* About one group of the configuration. */
struct complaints {
	const char *where; /* "FILE:LINE" */
	const char *title; /* "listeners.https.tls"; NULL: nothing is said */
	FILE *to;
	unsigned errors;   /* counted also if there are too many to print */
	unsigned said;
};

/* A line: where, title and path (NULL: none), then the text, with control
 * bytes escaped. After the first hundred only the errors are counted. */
void complain(struct complaints *c, const char *path, const char *fmt, ...)
    LOG_LIKE(3, 4);
/* The same, but what is wrong with it stops nobody. */
void complain_mildly(struct complaints *c, const char *path,
    const char *fmt, ...) LOG_LIKE(3, 4);

#endif
