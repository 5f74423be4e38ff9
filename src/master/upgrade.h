/* SPDX-License-Identifier: BSD-2-Clause */
/* Upgrades: another program takes the master's place, and nobody notices. */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stdio.h>

#include "master/master.h"

/* ms that the new program may take to agree; tests have less. */
extern unsigned upgrade_patience;

/* At the start, in the caller's folder: finds the program's path. */
void upgrade_init(const struct master_task *task);

/* Begins one: the program that has our path now is tried as a child of ours,
 * which looks at what we would leave it. Only if it agrees it takes our place
 * (exec): the same process, with the same children and descriptors. Else
 * nothing has changed; the log and who waits (control_ended) are told why. */
void upgrade_begin(void);

bool upgrade_is_under_way(void);

/* Goes on with it; does not come back if the new program takes over. To be
 * called again and again. */
void upgrade_look(void);

/* Ends one: it has not been. */
void upgrade_drop(void);

/* ---- In the new program ---- */

/* Tried, with a legacy in that descriptor: looks at it, at the configuration
 * and at its certificates, and says on standard error what is wrong. The exit
 * code. */
int upgrade_try(struct master_task *task, int fd);

/* In the place of the old one: takes everything over. If that fails the old
 * one comes back in its turn; false: this is what has happened. */
bool upgrade_take_over(struct master_task *task, int fd);

#endif
