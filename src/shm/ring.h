/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of log lines in a slot: one process writes, the logger reads. */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_BYTES 65536u
#define RING_LINE_MAX 4096u

enum ring_kind { RING_ERROR, RING_WARN, RING_INFO, RING_DEBUG, RING_ACCESS };

/* An entry is a header and its text, padded to 8 bytes. */
struct ring_header {
	uint16_t length;
	uint16_t kind;
	uint32_t row;    /* access lines: whose request, so that who settles */
	uint32_t serial; /* a dead worker sees whether its line was written */
	uint32_t number;
	uint64_t when;   /* clock_us: lines of all slots are put in order */
};

struct ring {
	_Atomic uint64_t head; /* the slot's process */
	_Atomic uint64_t last; /* the same: where the newest entry begins */
	_Atomic uint64_t tail; /* the logger */
	_Atomic uint64_t lost; /* the slot's process: lines without room */
	char bytes[RING_BYTES];
};

/* Appends a line; never waits: without room the line counts as lost. */
void ring_write(struct ring *r, const struct ring_header *h, const char *text);

/* Copies the oldest entry's header; false if there is none. */
bool ring_peek(struct ring *r, struct ring_header *h);

/* Copies the oldest entry to h and text (RING_LINE_MAX bytes) and moves on;
 * false if there is none. What stands in the ring is not trusted. */
bool ring_read(struct ring *r, struct ring_header *h, char *text);

/* True if the newest published entry is the access line of that request. */
bool ring_has_last(struct ring *r, uint32_t row, uint32_t serial,
    uint32_t number);

/* Bytes that wait for the logger. */
size_t ring_used(struct ring *r);

#endif
