/* SPDX-License-Identifier: BSD-2-Clause */
/* Outputs of the logger: a file, standard error or syslog. */
#ifndef LOGGER_OUTPUT_H
#define LOGGER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

#define OUTPUT_BATCH 32768  /* bytes that are worth a write */
#define OUTPUT_BYTES 131072 /* that wait while a FIFO takes none */
#define OUTPUT_SYSLOG 2048  /* bytes of a line; the rest is cut off */

struct output {
	enum conf_log_kind kind;
	int fd; /* its own; it may be non-blocking */
	int facility;
	bool stuck;    /* it takes nothing for now */
	bool torn;     /* what was written last is no whole line */
	int error;     /* errno of the last loss; EAGAIN: nobody reads */
	uint64_t lost; /* lines, since it was last asked */
	size_t n;
	char name[128];
	char bytes[OUTPUT_BYTES];
};

/* Flushes and closes; what a FIFO does not take even now is lost. */
void output_close(struct output *o);

/* Takes fd over. o is new, or was closed. */
void output_open(struct output *o, int kind, int fd, int facility,
    const char *name);

/* Adds prefix (may be NULL), n bytes of text and a newline; what finds no
 * place is counted in o->lost. May write. */
void output_line(struct output *o, int priority, const char *prefix,
    const char *text, size_t n);

/* Writes what is gathered, whole lines by one write where that is possible,
 * so lines of two processes on one file do not mix. May block as long as the
 * disk does, but not on a FIFO. */
void output_flush(struct output *o);

/* "2026-11-21 04:00:00 warn worker 3: ", good until the next call. */
const char *output_prefix(unsigned slot, unsigned kind);

#endif
