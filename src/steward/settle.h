/* SPDX-License-Identifier: BSD-2-Clause */
/* Settling: giving back, or going on with, what a dead process held. */
#ifndef STEWARD_SETTLE_H
#define STEWARD_SETTLE_H

#include <stdbool.h>

/* Once per steward, before the others: its working memory. */
void settle_init(void);

/* Settles the slot of a dead process of this family (PROTOCOLS 3) and frees
 * it. Idempotent: a steward that dies in it is followed by one that begins
 * again. */
void settle_slot(unsigned n);

/* Arms every parked row whose number leaves `part` when divided by `parts`:
 * events die with their worker (PROTOCOLS 2). */
void settle_arm(unsigned part, unsigned parts);

#endif
