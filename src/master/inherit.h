/* SPDX-License-Identifier: BSD-2-Clause */
/* Generations that the program before has made. */
#ifndef MASTER_INHERIT_H
#define MASTER_INHERIT_H

#include "master/legacy.h"
#include "master/will.h"

/* Writes all generations, with the text of their configurations. */
void inherit_leave(struct will *w);

/* Takes them up: what the master knows of each, its configuration read again,
 * and what it shares with its family mapped. Its rows and pages are the
 * family's alone, which goes on with the program that it was made with. The
 * board is there already, and what is bound. False: *l says what is wrong. */
bool inherit_take(struct legacy *l);

#endif
