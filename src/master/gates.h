/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates: made in shifts, retired together, followed when they die. */
#ifndef MASTER_GATES_H
#define MASTER_GATES_H

#include <stdbool.h>

#include "master/generation.h"
#include "master/legacy.h"
#include "master/master.h"
#include "master/spawn.h"
#include "master/will.h"

/* A shift is made at once and reads the same certificates. The one that a
 * generation begins with lets clients in and takes calls; a renewal makes a
 * second one, and the first one retires when all of that live. A generation
 * that drains keeps a shift of one for the calls of the requests that it has
 * yet, if it has backends with TLS. */

/* How the last renewal of a generation has come out. */
enum gates_renewal { RENEWAL_NONE, RENEWAL_STARTS, RENEWAL_FINE,
	RENEWAL_FAILED };

/* Makes the first shift, if the generation is to have gates. False,
 * logged. */
bool gates_start(const struct master_task *task, struct generation *g);

/* True once all of the first shift live. */
bool gates_are_ready(const struct generation *g);

/* Begins a renewal of a generation that runs; gates_renewal_of says what
 * becomes of it. */
void gates_renew(struct generation *g);

/* Nothing new is to come from them. May be called again. */
void gates_drain(struct generation *g);

/* One of them has died, or left, and is in no table any more. */
void gates_bury(struct generation *g, const struct child *c, int status);

/* Makes what is missing, ends renewals, kills who does not retire in time.
 * Returns clock_ms at which it wants to be called again, 0: not. */
unsigned long long gates_look(void);

/* None of them is left: closes what the master has of them. */
void gates_close(struct generation *g);

/* What is of no generation, for the program that follows, and from the one
 * before. */
void gates_leave(struct will *w);
void gates_inherit(const struct master_task *t, struct legacy *l);

#endif
