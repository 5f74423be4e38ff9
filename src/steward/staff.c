/* SPDX-License-Identifier: BSD-2-Clause */
/* Staff: how many workers there are to be, and which of them spins. */
#include "steward/staff.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "steward/state.h"

#define HELD_MS 10
#define AGAIN_MS 25    /* between two looks while some may be held */
#define LOOK_MS 1000   /* else; and how often all are looked at */
#define SURPLUS_MS 10000
#define LEAVE_MS 1000  /* between two that are sent away */
#define SPIN_MS 5000
#define SPIN_CPU_US 1000000 /* used in this stride: it is no sleeper */
#define ABORT_MS 1000  /* that an aborted one has to write its letter */

/* What the last look at a worker found: private to the steward. */
struct look {
	uint32_t incarnation;
	uint64_t stride;  /* its stride_at */
	uint64_t cpu_at;  /* CPU time when the stride was seen first, */
	uint64_t cpu;     /* and at the last look */
	uint64_t verdict_at; /* clock_ms; 0: none */
	bool known;       /* cpu_at is of this stride */
	bool held;
};

static struct look looks[SLOTS];
static unsigned min, max;
static uint64_t all_at;        /* clock_ms: the next look at everybody */
static uint64_t surplus_since; /* clock_ms; 0: there is none */
static uint64_t leave_at;      /* clock_ms: the next may leave */

void staff_init(unsigned least, unsigned most)
{
	memset(looks, 0, sizeof looks);
	min = least;
	max = most;
	all_at = surplus_since = leave_at = 0;
}

static void report(void)
{
	uint64_t one = 1;

	if (write(lobby.report, &one, sizeof one) < 0)
		log_debug("the master has a report already");
}

static bool is_worker(const struct slot *s)
{
	return atomic_load(&s->state) == SLOT_LIVE
	    && atomic_load(&s->role) == SLOT_WORKER
	    && atomic_load(&s->generation) == slot_self->generation;
}

static bool is_held(const struct slot *s, struct look *l, uint64_t stride)
{
	pid_t pid = atomic_load(&s->pid);
	uint64_t cpu = state_cpu_us(pid);
	bool stood = l->known && cpu == l->cpu;

	if (!l->known)
		l->cpu_at = cpu;
	l->known = true;
	l->cpu = cpu;
	/* it may stand still because others have the CPUs */
	return stood && state_is_asleep(state_of(pid))
	    && atomic_load(&s->stride_at) == stride;
}

static void pass_verdict(struct slot *s, struct look *l, uint64_t now)
{
	int verdict = l->verdict_at ? SIGKILL : SIGABRT;

	if (l->verdict_at && now - l->verdict_at < ABORT_MS)
		return;
	if (verdict == SIGABRT)
		log_err("worker %u (pid %d) spins: %u s in one stride, %u ms "
		    "of CPU time; it is ended", s->number, s->pid,
		    (unsigned)((now - l->stride) / 1000),
		    (unsigned)((l->cpu - l->cpu_at) / 1000));
	l->verdict_at = now;
	atomic_store(&s->verdict, (uint32_t)verdict);
	report();
}

static bool spins(const struct look *l, uint64_t now)
{
	return l->known && now - l->stride > SPIN_MS
	    && l->cpu > l->cpu_at /* of who is gone it is 0 */
	    && l->cpu - l->cpu_at > SPIN_CPU_US;
}

/* True if it has to be looked at again soon. */
static bool look_at(struct slot *s, struct look *l, uint64_t now, bool all)
{
	uint32_t incarnation = atomic_load(&s->incarnation);
	uint64_t stride = atomic_load(&s->stride_at);

	if (l->incarnation != incarnation || l->stride != stride)
		*l = (struct look){.incarnation = incarnation,
		    .stride = stride, .held = l->held};
	if (stride == 0) {
		/* who is stopped where he waits hears nobody */
		if (all || l->held)
			l->held = state_is_stopped(
			    state_of(atomic_load(&s->pid)));
		return l->held;
	}
	l->held = false;
	if (now <= stride || now - stride <= HELD_MS)
		return false;
	l->held = is_held(s, l, stride);
	if (spins(l, now))
		pass_verdict(s, l, now);
	return true;
}

static void want(unsigned workers)
{
	if (workers > max)
		workers = max;
	if (atomic_load(&lobby.head->wanted) == workers)
		return;
	atomic_store(&lobby.head->wanted, workers);
	report();
}

/* The bell wakes one that waits. It may die before it takes leave: then the
 * bell rings again. */
static void shrink(bool surplus, uint64_t now)
{
	if (!surplus) {
		surplus_since = 0;
		atomic_store(&lobby.head->leave, 0);
		return;
	}
	if (surplus_since == 0)
		surplus_since = now;
	if (now - surplus_since < SURPLUS_MS || now < leave_at)
		return;
	leave_at = now + LEAVE_MS;
	atomic_store(&lobby.head->leave, 1);
	lobby_ring_bell();
}

uint64_t staff_look(uint64_t now)
{
	unsigned live = 0, held = 0;
	bool all = now >= all_at, again = false;

	if (all)
		all_at = now + LOOK_MS;
	for (unsigned n = 1; n < SLOTS; n++) {
		struct slot *s = &slots.at[n];
		if (!is_worker(s))
			continue;
		again = look_at(s, &looks[n], now, all) || again;
		live++;
		held += looks[n].held;
	}
	want(min + held);
	shrink(live > min + held, now);
	return again ? now + AGAIN_MS : all_at;
}
