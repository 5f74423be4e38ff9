/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that play processes: each one enters a slot of its own. */
#ifndef T_CREW_H
#define T_CREW_H

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shm/slot.h"

#define CREW 3            /* slots 1 to CREW */
#define MASTER (CREW + 1) /* the slot of the thread that runs the tests */
#define HELPER (CREW + 2)
#define VICTIM (CREW + 3)

/* What the threads found wrong: ck_assert is for the thread of the tests. */
static atomic_uint wrong __attribute__((unused));
static atomic_bool finish __attribute__((unused));

struct member {
	pthread_t id;
	unsigned slot;
	void (*body)(void);
};

/* One at a time: slot_enter sets what the whole process has once. */
static inline void *crew_enter(void *arg)
{
	static pthread_mutex_t entering = PTHREAD_MUTEX_INITIALIZER;
	struct member *m = arg;

	pthread_mutex_lock(&entering);
	slot_enter(m->slot);
	pthread_mutex_unlock(&entering);
	m->body();
	return NULL;
}

static inline void member_start(struct member *m, unsigned slot,
    void (*body)(void))
{
	m->slot = slot;
	m->body = body;
	ck_assert_int_eq(pthread_create(&m->id, NULL, crew_enter, m), 0);
}

static inline void member_join(struct member *m)
{
	pthread_join(m->id, NULL);
}

static inline void crew_start(struct member crew[CREW], void (*body)(void))
{
	for (unsigned i = 0; i < CREW; i++)
		member_start(&crew[i], i + 1, body);
}

static inline void crew_join(struct member crew[CREW])
{
	for (unsigned i = 0; i < CREW; i++)
		member_join(&crew[i]);
}

/* What only the master does, once it has seen the process end. */
static inline void bury(unsigned slot)
{
	atomic_store(&slots.at[slot].state, SLOT_DEAD);
}

/* A process that ends where its body ends, with all that it holds. */
static inline void run_and_bury(void (*body)(void))
{
	struct member victim;

	member_start(&victim, VICTIM, body);
	member_join(&victim);
	bury(VICTIM);
}

/* The end of settling: what the slot held has been given back. */
static inline void slot_free(unsigned slot)
{
	atomic_fetch_add(&slots.at[slot].incarnation, 1);
	atomic_store(&slots.at[slot].state, SLOT_FREE);
}

/* Numbers that are the same in every run. */
static inline uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
