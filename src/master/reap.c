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
#include "master/spawn.h"

#define YOUNG_MS 1000
#define YOUNG_DELAY_MS 1000

/* A slot's text was written by a stranger: bounded, and escaped by the log. */
static void say_letter(unsigned n, const char *name)
{
	char letter[SLOT_LETTER], line[SLOT_LINE];

	memcpy(letter, slots.at[n].letter, sizeof letter);
	memcpy(line, slots.at[n].line, sizeof line);
	letter[sizeof letter - 1] = line[sizeof line - 1] = '\0';
	if (letter[0])
		log_err("%s left a letter: %s%s%s", name, letter,
		    line[0] ? ": " : "", line);
}

static void say_death(unsigned n, const struct child *c, int status)
{
	char name[40];

	if (c->role == SLOT_WORKER)
		snprintf(name, sizeof name, "worker %u", c->number);
	else
		snprintf(name, sizeof name, "%s", slot_role_name(c->role));
	if (WIFSIGNALED(status))
		log_warn("%s (pid %d) was ended by signal %d", name, c->pid,
		    WTERMSIG(status));
	else
		log_warn("%s (pid %d) left with code %d", name, c->pid,
		    WEXITSTATUS(status));
	say_letter(n, name);
}

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
		call_worker(g);
	} else {
		log_err("no process of generation %u is left: its "
		    "connections are gone", g->number);
		generation_kill(g);
		return;
	}
	if (spawn_count(g->number, SLOT_HEIR) == 0)
		spawn_order(g, SLOT_HEIR, 0);
}

static bool is_young(const struct child *c, int status)
{
	return clock_ms() - c->born < YOUNG_MS
	    && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* A steward that cannot even start, in a generation that never was. */
static bool failed_to_start(const struct generation *g, enum slot_role role)
{
	return g->state == GEN_STARTING && role == SLOT_STEWARD
	    && !atomic_load(&g->lobby.head->ready);
}

static void succeed(struct generation *g, const struct child *c, int status)
{
	if (g->state == GEN_ENDING)
		return;
	if (failed_to_start(g, c->role)) {
		log_err("generation %u cannot start", g->number);
		generation_kill(g);
	} else if (c->role == SLOT_STEWARD) {
		succeed_steward(g);
	} else if (is_young(c, status)) {
		g->order_at = clock_ms() + YOUNG_DELAY_MS;
	} else {
		spawn_order(g, c->role, c->number);
	}
	if (g->state != GEN_ENDING)
		generation_order(g);
}

/* Only a process of its family can settle what it held; where none is left
 * nothing is left to settle. */
static void bury(unsigned n, int status, bool *logger_died)
{
	struct child c = children[n];
	struct generation *g = generation_of(c.generation);
	struct slot *slot = &slots.at[n];

	if (g == NULL || g->state != GEN_ENDING)
		say_death(n, &c, status);
	spawn_forget(n);
	atomic_store(&slot->crashed, !(WIFSIGNALED(status)
	    && WTERMSIG(status) == SIGKILL));
	atomic_store(&slot->state, SLOT_DEAD);
	if (c.role == SLOT_LOGGER)
		*logger_died = true;
	if (g == NULL || g->state == GEN_ENDING) {
		atomic_fetch_add(&slot->incarnation, 1);
		atomic_store(&slot->pid, 0);
		atomic_store(&slot->state, SLOT_FREE);
	}
	if (g)
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

static bool has_number(unsigned generation, unsigned number)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].role == SLOT_WORKER
		    && children[n].generation == generation
		    && children[n].number == number)
			return true;
	return false;
}

static void order_missing(struct generation *g)
{
	for (unsigned i = 0; i < g->conf->workers_min; i++)
		if (!has_number(g->number, i))
			spawn_order(g, SLOT_WORKER, i);
	if (spawn_count(g->number, SLOT_HEIR) == 0)
		spawn_order(g, SLOT_HEIR, 0);
	generation_order(g);
}

/* A steward or heir that was to rise may have died on its way. */
static bool lacks_steward(const struct generation *g)
{
	return spawn_find(g->number, SLOT_STEWARD) == 0;
}

unsigned long long reap_order_again(void)
{
	uint64_t now = clock_ms(), next = 0;

	for (int i = 0; i < GENERATIONS; i++) {
		struct generation *g = &generations[i];
		if (g->state == GEN_NONE || g->state == GEN_ENDING)
			continue;
		if (spawn_find(g->number, SLOT_NOBODY) == 0) {
			log_err("generation %u: all its processes are dead, "
			    "its connections are gone", g->number);
			generation_kill(g);
			continue;
		}
		if (lacks_steward(g))
			call_worker(g);
		if (g->order_at && g->order_at <= now) {
			g->order_at = 0;
			order_missing(g);
		}
		if (g->order_at && (next == 0 || g->order_at < next))
			next = g->order_at;
	}
	return next;
}
