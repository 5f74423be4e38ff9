/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's table of its children, and how they come to be. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "master/generation.h"
#include "master/legacy.h"
#include "master/will.h"
#include "shm/slot.h"

/* By slot. pid 0 with a role: ordered, not known to live yet. This table, not
 * shared memory, says whom the master kills. */
struct child {
	enum slot_role role;
	pid_t pid;
	unsigned generation; /* its number; 0: of none */
	unsigned number;     /* of a worker, of a gate */
	uint64_t born;       /* clock_ms, of its order */
	unsigned shift;      /* of a gate: gates.h */
	bool lets_in;        /* of a gate: it may bring clients */
	uint64_t until;      /* of a gate: clock_ms; 0: it is to stay */
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

/* The same for a gate of a shift: root as the master is, for it has keys to
 * read. */
bool spawn_gate(const struct child *gate,
    void (*run)(unsigned slot, void *arg), void *arg);

/* Forks a process without a slot, that ends soon. Its pid; -1, errno. */
pid_t spawn_aside(void (*run)(void *arg), void *arg);

/* Learns the pids of ordered processes from their slots, and believes only
 * those that the kernel says are its children (PROTOCOLS 10). */
void spawn_learn(void);

/* It is one, though it may have ended. */
bool spawn_is_child(pid_t pid);

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

/* The table, for the program that follows, and from the one before. Then,
 * once its generations are there, spawn_recognize: who is none of our children
 * is forgotten, and his slot is dead. */
void spawn_leave(struct will *w);
void spawn_inherit(struct legacy *l);
void spawn_recognize(void);

#endif
