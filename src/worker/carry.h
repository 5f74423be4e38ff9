/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying a connection for one stride. */
#ifndef WORKER_CARRY_H
#define WORKER_CARRY_H

#include "shm/conn.h"

/* Takes the row, which the caller owns, from step to step until it waits for
 * something (it is parked) or is closed. Never waits for a peer. */
void carry(struct conn *c);

#endif
