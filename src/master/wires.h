/* SPDX-License-Identifier: BSD-2-Clause */
/* Wires: the sockets between gates and their family (shm/arrival.h). */
#ifndef MASTER_WIRES_H
#define MASTER_WIRES_H

#include <stdbool.h>

#include "shm/lobby.h"

/* There are none. */
void wires_init(struct lobby *l);

/* Makes the three pairs; none of them blocks. The master keeps all ends, for
 * gates that are to come. False, logged, if there are none to be had. */
bool wires_open(struct lobby *l);
void wires_close(struct lobby *l);

/* In a copy of the lobby: forgets the ends of the other side. */
void wires_for_family(struct lobby *l);
void wires_for_gate(struct lobby *l);

#endif
