/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks for tens of nanoseconds, which the death of their owner passes on. */
#include "shm/lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "shm/slot.h"

#define WAITERS 0x80000000u
#define SPINS 100

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static uint32_t my_word(void)
{
	uint32_t inc = atomic_load_explicit(&slot_self->incarnation,
	    memory_order_relaxed);

	return (inc & 0x7fff) << 16 | (slot_me + 1);
}

static unsigned owner_of(uint32_t word)
{
	return (word & 0xffff) - 1;
}

/* Dead; or settled by somebody who knew nothing of this lock: a family of which
 * nobody is left, whose slots the master frees. */
static bool is_gone(uint32_t word)
{
	unsigned n = owner_of(word);
	uint32_t inc = n < SLOTS ? atomic_load(&slots.at[n].incarnation) : 0;

	return slot_is_dead(n) || (word >> 16 & 0x7fff) != (inc & 0x7fff);
}

/* A lost wake-up costs these ten milliseconds, nothing else. */
static void sleep_on(struct lock *l, uint32_t seen)
{
	struct timespec t = {0, 10000000};

	syscall(SYS_futex, &l->word, FUTEX_WAIT, seen, &t, NULL, 0);
}

static bool take_slowly(struct lock *l)
{
	uint32_t mine = my_word(), w;

	for (unsigned i = 0;; i++) {
		w = atomic_load_explicit(&l->word, memory_order_relaxed);
		if (w == 0) {
			uint32_t want = i < SPINS ? mine : mine | WAITERS;
			if (atomic_compare_exchange_weak(&l->word, &w, want))
				return false;
			continue;
		}
		if (i < SPINS) {
			relax();
			continue;
		}
		MUST((w & ~WAITERS) != mine);
		if (is_gone(w)) {
			if (atomic_compare_exchange_strong(&l->word, &w,
			    mine | WAITERS))
				return true;
			continue;
		}
		if (!(w & WAITERS) && !atomic_compare_exchange_strong(&l->word,
		    &w, w | WAITERS))
			continue;
		sleep_on(l, w | WAITERS);
	}
}

bool lock_take(struct lock *l)
{
	uint32_t free = 0;

	if (atomic_compare_exchange_strong_explicit(&l->word, &free, my_word(),
	    memory_order_acquire, memory_order_relaxed))
		return false;
	return take_slowly(l);
}

void lock_release(struct lock *l)
{
	uint32_t w = atomic_exchange_explicit(&l->word, 0,
	    memory_order_release);

	if (w & WAITERS)
		syscall(SYS_futex, &l->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool lock_is_of(const struct lock *l, unsigned n)
{
	uint32_t w = atomic_load(&l->word);

	return w != 0 && owner_of(w) == n;
}
