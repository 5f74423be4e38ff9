/* SPDX-License-Identifier: BSD-2-Clause */
/* What seats know from the start: cookies' values, retries. For shm alone. */
#ifndef SHM_STICKY_H
#define SHM_STICKY_H

#include "shm/seats.h"

/* The values of all backends' cookies. */
void sticky_make(struct seats *s);

/* All pools have as many retries as they may save up. */
void budget_fill(struct seats *s);

#endif
