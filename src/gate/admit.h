/* SPDX-License-Identifier: BSD-2-Clause */
/* Admission: the gate's listeners, and when it accepts on them. */
#ifndef GATE_ADMIT_H
#define GATE_ADMIT_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"
#include "shm/lobby.h"

/* Reads what the listeners of l->gated need: certificates, keys, authorities.
 * What is wrong goes to `to`, a line each; false if something was. */
bool admit_read(const struct conf *conf, const struct lobby *l, FILE *to);

/* After an error: true if only certificates are bad, and others are not. */
bool admit_can_serve(void);

/* Begins to accept, at most `room` handshakes at once, and none while the
 * family has as many clients as it may. False if the system is short. */
bool admit_open(unsigned room);

/* Lets go of the listeners for good. */
void admit_close(void);

#endif
