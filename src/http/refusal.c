/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of all refusals, for requests and for responses. */
#include "http/refusal.h"

#include <stddef.h>

#define BAD_GATEWAY 502

const struct refusal refusal_table[2 * REFUSAL_COUNT] = {
#define REFUSAL(name, status, why) {status, why},
#include "http/refusal.def"
#undef REFUSAL
#define REFUSAL(name, status, why) {BAD_GATEWAY, why},
#include "http/refusal.def"
#undef REFUSAL
};

const struct refusal *refusal_from_backend(const struct refusal *r)
{
	if (r == NULL || r >= refusal_table + REFUSAL_COUNT)
		return r;
	return r + REFUSAL_COUNT;
}
