/* SPDX-License-Identifier: BSD-2-Clause */
/* Chore: what the requests that an order has made say of their ends. */
#ifndef SHM_CHORE_H
#define SHM_CHORE_H

#include "shm/chores.h"

/* To the order of that mark, if it still waits: `more` were purged, or have
 * come. mark 0: to nobody. */
void chore_count(uint32_t mark, unsigned more);

/* A request of that mark has ended with that status. */
void chore_ended(uint32_t mark, unsigned status);

#endif
