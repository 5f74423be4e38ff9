/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's table of its children, and how they come to be. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "master/generation.h"
#include "shm/slot.h"

/* By slot. pid 0 with a role: ordered, not known to live yet. This table, not
 * shared memory, says whom the master kills. */
struct child {
	enum slot_role role;
	pid_t pid;
	unsigned generation; /* its number; 0: of none */
	unsigned number;     /* of a worker */
	uint64_t born;       /* clock_ms, of its order */
};

extern struct child children[SLOTS];

/* Takes a free slot and orders a process into it; the steward of the
 * generation makes it. False if all slots are in use. */
bool spawn_order(const struct generation *g, enum slot_role role,
    unsigned number);

/* Forks a process of the master's own into a slot: run(slot) in the child,
 * privileges dropped, does not return. False (logged) if it cannot. */
bool spawn_fork(enum slot_role role, unsigned generation,
    void (*run)(unsigned slot, void *arg), void *arg);

/* Learns the pids of ordered processes from their slots, and believes only
 * those that the kernel says are its children (PROTOCOLS 10). */
void spawn_learn(void);

/* The slot of a pid; 0 if it is none of ours. */
unsigned spawn_slot_of(pid_t pid);

/* Sends the signals that stewards have asked for: to workers, as the master's
 * own table knows them. */
void spawn_obey_verdicts(void);

/* Slot n is nobody's any more in the master's table. */
void spawn_forget(unsigned n);

/* Children of a generation (0: of all) in a role (SLOT_NOBODY: any). */
unsigned spawn_count(unsigned generation, enum slot_role role);

/* A living one; 0 if there is none. */
unsigned spawn_find(unsigned generation, enum slot_role role);

#endif
