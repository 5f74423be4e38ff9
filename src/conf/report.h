/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a configuration, collected and told in its order. */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"

struct source;

struct report_message {
	unsigned line; /* in the source's text */
	unsigned index;
	bool warning;
	char *text;
};

struct report {
	struct report_message *at;
	unsigned n, room;
	unsigned errors;  /* also those that were not kept */
	unsigned dropped; /* messages beyond what is kept */
};

void report_error(struct report *r, unsigned line, const char *fmt, ...)
    LOG_LIKE(3, 4);
void report_warning(struct report *r, unsigned line, const char *fmt, ...)
    LOG_LIKE(3, 4);
void report_verror(struct report *r, unsigned line, const char *fmt,
    va_list ap) LOG_LIKE(3, 0);

/* One line each, in the order of the source; control bytes escaped. */
void report_print(struct report *r, const struct source *src, FILE *to);
void report_fini(struct report *r);

/* Writes s with its control bytes escaped. */
void report_escaped(const char *s, FILE *to);

#endif
