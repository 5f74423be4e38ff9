/* SPDX-License-Identifier: BSD-2-Clause */
/* Visits: clients whose handshakes are under way. */
#ifndef GATE_VISIT_H
#define GATE_VISIT_H

#include <stdbool.h>

#include "base/addr.h"
#include "gate/context.h"

/* Room for so many at once. False if there is no memory. */
bool visit_init(unsigned room);

/* A client has come to that listener's socket: does what can be done without
 * waiting, the rest when the loop says so. Owns fd from now on. Not to be
 * called while it is full. */
void visit_begin(int fd, struct context *c, const struct addr *peer);

/* How many are under way, and whether there is no room for one more: not even
 * that of a client who has been at it for a second. */
unsigned visit_count(void);
bool visit_is_full(void);

/* Called whenever one has ended. */
extern void (*visit_ended)(void);

#endif
