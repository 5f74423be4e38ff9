/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of log lines in a slot: one process writes, the logger reads. */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_BYTES 262144u
#define RING_LINE_MAX 4096u

/* RING_ACCESS and above: lines of access logs; what is added to it is the
 * number of the logger's output. */
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
	_Atomic uint64_t last; /* the same: where its newest access line is */
	_Atomic uint64_t tail; /* the logger */
	_Atomic uint64_t lost; /* the slot's process: lines without room */
	_Atomic uint64_t told; /* the logger: of so many it has told */
	_Atomic uint32_t bell; /* of slot 0's: 1 while the logger sleeps */
	char bytes[RING_BYTES];
};

/* Lines that are published together, all or none: a death in between leaves
 * no request with one of its lines. */
struct ring_batch {
	struct ring *ring;
	uint64_t head, last, tail;
};

/* ring_begin, ring_add for each line, ring_publish. None of them waits: a line
 * without room counts as lost. True from ring_publish: so much has gathered
 * that the logger should be woken. */
struct ring_batch ring_begin(struct ring *r);
void ring_add(struct ring_batch *b, const struct ring_header *h,
    const char *text);
bool ring_publish(const struct ring_batch *b);

/* The three of them for a single line. */
bool ring_write(struct ring *r, const struct ring_header *h, const char *text);

/* The logger sleeps till it is woken, or ms are over. Between ring_drowse and
 * ring_sleep it looks once more whether there is something to do. */
void ring_drowse(struct ring *bell);
void ring_sleep(struct ring *bell, unsigned ms);
void ring_wake(struct ring *bell);

/* Copies the oldest entry's header; false if there is none. */
bool ring_peek(struct ring *r, struct ring_header *h);

/* Copies the oldest entry to h and text (RING_LINE_MAX bytes) and moves on;
 * false if there is none. What stands in the ring is not trusted. */
bool ring_read(struct ring *r, struct ring_header *h, char *text);

/* True if the newest access line that was published is of that request. */
bool ring_has_last(struct ring *r, uint32_t row, uint32_t serial,
    uint32_t number);

/* Bytes that wait for the logger. */
size_t ring_used(struct ring *r);

#endif
