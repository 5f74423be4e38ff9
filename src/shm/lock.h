/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks for tens of nanoseconds, which the death of their owner passes on. */
#ifndef SHM_LOCK_H
#define SHM_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* 0: free; else waiters (1), incarnation of the owner (15), its slot + 1
 * (16). Written by compare-and-swap of who takes it; from a dead owner (only
 * the master marks slots dead, after waitpid), or one whose slot is another's
 * now, by whoever finds it first. */
struct lock {
	_Atomic uint32_t word;
};

/* Waits until the lock is the caller's. True if it was taken from a dead
 * owner: then what it guards must be rebuilt before anything else. No system
 * call may stand between lock and unlock (but for the lock of a revival, which
 * nobody waits for in the way of a request). */
bool lock_take(struct lock *l);
void lock_release(struct lock *l);

/* True if the lock's owner is slot n. */
bool lock_is_of(const struct lock *l, unsigned n);

#endif
