/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals: why a message is not accepted, and the status that says so. */
#ifndef HTTP_REFUSAL_H
#define HTTP_REFUSAL_H

struct refusal {
	unsigned status;
	const char *why; /* for the log, never for the peer */
};

enum refusal_id {
#define REFUSAL(name, status, why) REFUSAL_##name,
#include "http/refusal.def"
#undef REFUSAL
	REFUSAL_COUNT
};

/* The first half speaks of requests, the second is the same reasons in the
 * same order with status 502, for responses. Functions of http/ that can
 * refuse return a row of it, or NULL when all is well. */
extern const struct refusal refusal_table[2 * REFUSAL_COUNT];

static inline const struct refusal *refusal_of(enum refusal_id id)
{
	return &refusal_table[id];
}

/* The same reason with status 502; NULL stays NULL, a 502 itself. */
const struct refusal *refusal_from_backend(const struct refusal *r);

#endif
