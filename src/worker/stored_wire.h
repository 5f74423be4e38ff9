/* SPDX-License-Identifier: BSD-2-Clause */
/* How a record lies in the cache: for stored.c and stored_put.c alone. */
#ifndef WORKER_STORED_WIRE_H
#define WORKER_STORED_WIRE_H

#include <stdint.h>

#define STORED_MAGIC 0x31726370u

/* bits of stored_wire.flags */
enum { STORED_PASS = 1, STORED_VALIDATE = 2, STORED_STRICT = 4,
	STORED_HEURISTIC = 8, STORED_MODIFIED = 16, STORED_ORIGIN_TLS = 32 };

/* The parts of texts behind it, in this order. */
enum { WIRE_LINES, WIRE_HOST, WIRE_TARGET, WIRE_TAGS, WIRE_ORIGIN, WIRE_VARY,
	WIRE_TEXTS, WIRE_PARTS };

/* At the beginning of a record, which need not be aligned: it is copied. */
struct stored_wire {
	uint32_t magic;
	uint16_t status, flags;
	int64_t received, age, delay, lifetime;
	int64_t stale_while_revalidate, stale_if_error;
	int64_t modified, date;
	uint32_t nfields;
	uint32_t part[WIRE_PARTS];  /* bytes of each */
	uint32_t etag, netag;       /* in WIRE_TEXTS */
};

/* One of WIRE_LINES; its texts follow those of the line before. */
struct stored_line {
	uint16_t id, name;
	uint32_t value;
};

/* One name of a Vary, in WIRE_VARY: with its two texts behind it. */
struct stored_vary {
	uint16_t has, name;
	uint32_t value;
};

#endif
