/* SPDX-License-Identifier: BSD-2-Clause */
/* Outputs of the logger: a file, standard error or syslog. */
#ifndef LOGGER_OUTPUT_H
#define LOGGER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#define OUTPUT_BYTES 32768

struct output {
	enum conf_log_kind kind;
	int fd; /* its own */
	int facility;
	size_t n;
	char bytes[OUTPUT_BYTES];
};

/* Takes fd over; what was open before is flushed and closed. */
void output_open(struct output *o, int kind, int fd, int facility);

/* Adds prefix (may be NULL), n bytes of text and a newline. */
void output_line(struct output *o, int priority, const char *prefix,
    const char *text, size_t n);

/* Writes what is gathered: one write, so lines of two processes on one file
 * do not mix. May block as long as the disk does. */
void output_flush(struct output *o);

/* "2026-11-21 04:00:00 warn worker 3: ", good until the next call. */
const char *output_prefix(unsigned slot, unsigned kind);

#endif
