/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's table of its children, and how they come to be. */
#include "master/spawn.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "master/privs.h"

struct child children[SLOTS];

static unsigned free_slot(void)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].role == SLOT_NOBODY
		    && atomic_load(&slots.at[n].state) == SLOT_FREE)
			return n;
	return 0;
}

static unsigned reserve(enum slot_role role, unsigned generation,
    unsigned number)
{
	unsigned n = free_slot();
	struct slot *slot = &slots.at[n];

	if (n == 0) {
		log_err("no slot is left for a %s", slot_role_name(role));
		return 0;
	}
	children[n] = (struct child){.role = role, .generation = generation,
	    .number = number, .born = clock_ms()};
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->role, role);
	atomic_store(&slot->number, number);
	atomic_store(&slot->generation, generation);
	atomic_store(&slot->stride_at, 0);
	atomic_store(&slot->verdict, 0);
	slot->line[0] = slot->letter[0] = slot->trace[0] = '\0';
	return n;
}

bool spawn_order(const struct generation *g, enum slot_role role,
    unsigned number)
{
	unsigned n = reserve(role, g->number, number);

	if (n == 0)
		return false;
	atomic_store(&slots.at[n].state, SLOT_ORDERED);
	return true;
}

static void reset_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM,
		SIGUSR1, SIGUSR2, SIGPIPE};
	sigset_t none;

	/* the terminal sends these to everybody: they are the master's */
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool fork_into(unsigned n, bool keeps_root,
    void (*run)(unsigned slot, void *arg), void *arg)
{
	atomic_store(&slots.at[n].state, SLOT_MADE);
	pid_t pid = fork();
	if (pid == 0) {
		reset_signals();
		crash_catch();
		if (!keeps_root)
			privs_drop();
		run(n, arg);
		_exit(EXIT_FAILURE);
	}
	if (pid < 0) {
		log_err("fork: %m");
		atomic_store(&slots.at[n].state, SLOT_FREE);
		spawn_forget(n);
		return false;
	}
	children[n].pid = pid;
	atomic_store(&slots.at[n].pid, pid);
	return true;
}

bool spawn_fork(enum slot_role role, unsigned generation,
    void (*run)(unsigned slot, void *arg), void *arg)
{
	unsigned n = reserve(role, generation, 0);

	return n != 0 && fork_into(n, false, run, arg);
}

bool spawn_gate(const struct child *gate,
    void (*run)(unsigned slot, void *arg), void *arg)
{
	unsigned n = reserve(SLOT_GATE, gate->generation, gate->number);

	if (n == 0)
		return false;
	children[n].shift = gate->shift;
	children[n].lets_in = gate->lets_in;
	return fork_into(n, true, run, arg);
}

pid_t spawn_aside(void (*run)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		reset_signals();
		run(arg);
		_exit(EXIT_FAILURE);
	}
	return pid;
}

bool spawn_is_child(pid_t pid)
{
	siginfo_t info = {0};

	return pid > 0 && waitid(P_PID, (id_t)pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) == 0;
}

void spawn_learn(void)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		struct child *c = &children[n];
		if (c->role == SLOT_NOBODY || c->pid != 0)
			continue;
		pid_t pid = atomic_load(&slots.at[n].pid);
		if (pid != 0 && spawn_slot_of(pid) == 0 && spawn_is_child(pid))
			c->pid = pid;
	}
}

void spawn_leave(struct will *w)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		const struct child *c = &children[n];
		if (c->role == SLOT_NOBODY)
			continue;
		will_item(w, "child");
		will_number(w, "slot", n);
		will_number(w, "role", c->role);
		will_number(w, "pid", (uint64_t)c->pid);
		will_number(w, "generation", c->generation);
		will_number(w, "number", c->number);
		will_number(w, "born", c->born);
		will_number(w, "shift", c->shift);
		will_number(w, "lets_in", c->lets_in);
		will_number(w, "until", c->until);
		will_end(w);
	}
}

void spawn_inherit(struct legacy *l)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, "child")) != NULL)
		children[legacy_number(l, i, "slot", 1, SLOTS - 1)]
		    = (struct child){
			.role = (enum slot_role)legacy_number(l, i, "role",
			    SLOT_LOGGER, SLOT_GATE),
			.pid = (pid_t)legacy_number(l, i, "pid", 0, INT32_MAX),
			.generation = (unsigned)legacy_number(l, i,
			    "generation", 0, UINT32_MAX),
			.number = (unsigned)legacy_number(l, i, "number", 0,
			    UINT32_MAX),
			.born = legacy_number(l, i, "born", 0, UINT64_MAX),
			.shift = (unsigned)legacy_number(l, i, "shift", 0,
			    UINT32_MAX),
			.lets_in = legacy_bool(l, i, "lets_in"),
			.until = legacy_number(l, i, "until", 0, UINT64_MAX),
		    };
}

/* Who has died since is one still: he has not been waited for. */
void spawn_recognize(void)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		const struct child *c = &children[n];
		if (c->pid == 0 || spawn_is_child(c->pid))
			continue;
		log_err("process %d is none of ours: it is forgotten", c->pid);
		spawn_forget(n);
		atomic_store(&slots.at[n].state, SLOT_DEAD);
	}
}

unsigned spawn_slot_of(pid_t pid)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].pid == pid)
			return n;
	return 0;
}

static bool may_end_by(uint32_t verdict)
{
	return verdict == SIGABRT || verdict == SIGKILL;
}

void spawn_obey_verdicts(void)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		const struct child *c = &children[n];
		if (c->role != SLOT_WORKER || c->pid <= 0
		    || atomic_load(&slots.at[n].verdict) == 0)
			continue;
		uint32_t verdict = atomic_exchange(&slots.at[n].verdict, 0);
		if (may_end_by(verdict))
			kill(c->pid, (int)verdict);
	}
}

void spawn_forget(unsigned n)
{
	children[n] = (struct child){0};
}

static bool is_of(const struct child *c, unsigned generation,
    enum slot_role role)
{
	return c->role != SLOT_NOBODY
	    && (generation == 0 || c->generation == generation)
	    && (role == SLOT_NOBODY || c->role == role);
}

unsigned spawn_count(unsigned generation, enum slot_role role)
{
	unsigned count = 0;

	for (unsigned n = 1; n < SLOTS; n++)
		count += is_of(&children[n], generation, role);
	return count;
}

unsigned spawn_find(unsigned generation, enum slot_role role)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].pid && is_of(&children[n], generation, role))
			return n;
	return 0;
}
