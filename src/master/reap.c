/* SPDX-License-Identifier: BSD-2-Clause */
/* Reaping: the master buries its children and orders their successors. */
#include "master/reap.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/cachearea.h"
#include "master/gates.h"
#include "master/obituary.h"
#include "master/spawn.h"
#include "roles.h"

#define FULL_MS 1000

static struct young logger;

static void wake_heir(const struct generation *g)
{
	atomic_fetch_add(&g->lobby.head->calls, 1);
	syscall(SYS_futex, &g->lobby.head->calls, FUTEX_WAKE, 1, NULL, NULL,
	    0);
}

/* Both are dead: a worker is to clone a steward before it goes on. */
static void call_worker(struct generation *g)
{
	uint64_t one = 1;

	if (spawn_count(g->number, SLOT_STEWARD) == 0)
		spawn_order(g, SLOT_STEWARD, 0);
	if (write(g->lobby.bell, &one, sizeof one) < 0)
		log_debug("the bell rings already");
}

static void succeed_steward(struct generation *g)
{
	unsigned heir = spawn_find(g->number, SLOT_HEIR);

	if (heir) {
		children[heir].role = SLOT_STEWARD;
		wake_heir(g);
	} else if (spawn_find(g->number, SLOT_WORKER)) {
		if (!young_waits(&g->young, clock_ms()))
			call_worker(g);
	} else {
		log_err("no process of generation %u is left: its "
		    "connections are gone", g->number);
		generation_kill(g);
	}
}

void reap_wait_for_better(struct young *y, const struct child *c)
{
	char name[OBITUARY_NAME];
	unsigned ms = young_wait(y, clock_ms());

	obituary_name(c, name);
	if (ms)
		log_warn("%s died young: its successor waits %u s", name,
		    ms / 1000);
}

/* A steward that cannot even start, in a generation that never was. */
static bool failed_to_start(const struct generation *g, enum slot_role role)
{
	return g->state == GEN_STARTING && role == SLOT_STEWARD
	    && !atomic_load(&g->lobby.head->open);
}

/* The lowest number that no worker has. */
static unsigned free_number(const struct generation *g)
{
	bool taken[SLOTS] = {false};
	unsigned number = 0;

	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].role == SLOT_WORKER
		    && children[n].generation == g->number
		    && children[n].number < SLOTS)
			taken[children[n].number] = true;
	while (taken[number])
		number++;
	return number;
}

/* What its steward wants may be wrong, but not out of bounds. */
static void order_workers(struct generation *g)
{
	unsigned have = spawn_count(g->number, SLOT_WORKER);
	unsigned wants = generation_wants(g);
	uint64_t now = clock_ms();

	if (have >= wants || now < g->full_until)
		return;
	for (; have < wants; have++)
		if (!spawn_order(g, SLOT_WORKER, free_number(g))) {
			g->full_until = now + FULL_MS;
			break;
		}
	generation_order(g);
}

static void order_missing(struct generation *g)
{
	if (spawn_find(g->number, SLOT_STEWARD) == 0)
		call_worker(g);
	if (spawn_count(g->number, SLOT_HEIR) == 0) {
		spawn_order(g, SLOT_HEIR, 0);
		generation_order(g);
	}
	order_workers(g);
}

/* Others may be waiting: who did not die young is followed at once. */
static void succeed_worker(struct generation *g, const struct child *c)
{
	if (spawn_count(g->number, SLOT_WORKER) < generation_wants(g))
		spawn_order(g, SLOT_WORKER, c->number);
}

static void succeed(struct generation *g, const struct child *c, int status)
{
	bool leave = obituary_is_leave(c, status);

	if (g->state == GEN_ENDING)
		return;
	if (failed_to_start(g, c->role)) {
		log_err("generation %u cannot start", g->number);
		generation_kill(g);
		return;
	}
	if (!leave && young_is(c->born, clock_ms(), status))
		reap_wait_for_better(&g->young, c);
	else if (c->role == SLOT_WORKER)
		succeed_worker(g, c);
	if (c->role == SLOT_STEWARD)
		succeed_steward(g);
	if (g->state == GEN_ENDING)
		return;
	if (!young_waits(&g->young, clock_ms()))
		order_missing(g);
	generation_order(g);
}

/* Only a process of its family can settle what it held; where none is left
 * nothing is left to settle. A gate holds nothing of it: the steward never
 * sees it dead. */
static void bury(unsigned n, int status, bool *logger_died)
{
	struct child c = children[n];
	struct generation *g = generation_of(c.generation);
	struct slot *slot = &slots.at[n];

	if (g == NULL || g->state != GEN_ENDING)
		obituary_write(n, &c, status);
	spawn_forget(n);
	atomic_store(&slot->crashed, !obituary_is_leave(&c, status)
	    && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	if (c.role != SLOT_GATE)
		atomic_store(&slot->state, SLOT_DEAD);
	if (c.role == SLOT_LOGGER) {
		*logger_died = true;
		if (!obituary_is_leave(&c, status)
		    && young_is(c.born, clock_ms(), status))
			reap_wait_for_better(&logger, &c);
	}
	if (g == NULL || g->state == GEN_ENDING || c.role == SLOT_GATE) {
		atomic_fetch_add(&slot->incarnation, 1);
		atomic_store(&slot->pin, 0);
		atomic_store(&slot->pid, 0);
		atomic_store(&slot->state, SLOT_FREE);
	}
	if (g && c.role == SLOT_GATE)
		gates_bury(g, &c, status);
	else if (g)
		succeed(g, &c, status);
}

void reap_all(bool *logger_died)
{
	for (;;) {
		siginfo_t info = {0};
		int status;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0
		    || info.si_pid == 0)
			return;
		spawn_learn();
		unsigned n = spawn_slot_of(info.si_pid);
		if (waitpid(info.si_pid, &status, 0) < 0)
			return;
		if (n)
			bury(n, status, logger_died);
	}
}

bool reap_wants_logger(void)
{
	return spawn_count(0, SLOT_LOGGER) == 0
	    && !young_waits(&logger, clock_ms());
}

static bool has_family(const struct generation *g)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].generation == g->number
		    && children[n].role != SLOT_GATE && children[n].pid)
			return true;
	return false;
}

/* NULL: it does not. Each of its processes would die at a file that was cut,
 * and the next one, too. */
static const char *why_it_ends(const struct generation *g)
{
	if (!has_family(g))
		return "all its processes are dead";
	return cachearea_is_cut(g->cache) ? "the cache's file was cut off"
	    : NULL;
}

unsigned long long reap_order_again(void)
{
	uint64_t now = clock_ms(), next = 0;

	for (int i = 0; i < GENERATIONS; i++) {
		struct generation *g = &generations[i];
		if (g->state == GEN_NONE || g->state == GEN_ENDING)
			continue;
		const char *why = why_it_ends(g);
		if (why) {
			log_err("generation %u: %s, its connections are gone",
			    g->number, why);
			generation_kill(g);
			cachearea_forget_cut();
			continue;
		}
		if (!young_waits(&g->young, now))
			order_missing(g);
		else if (next == 0 || g->young.until < next)
			next = g->young.until;
	}
	return next;
}
