/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: what gates are called for: connections to backends, and checks. */
#ifndef GATE_ERRAND_H
#define GATE_ERRAND_H

#include <stdbool.h>

#include "conf/conf.h"
#include "shm/lobby.h"

#define ERRANDS 2048 /* at once, at most */

/* Once: calls are heard on the family's socket, as many as `room` under way;
 * each needs an entry of the loop, and a descriptor. peers_open and
 * handover_open were before. False if there is no memory, or the loop cannot
 * watch the socket. */
bool errand_open(const struct conf *conf, const struct lobby *family,
    unsigned room);

/* Hears no more calls; what is under way goes on. */
void errand_retire(void);

/* How many are under way. */
unsigned errand_count(void);

#endif
