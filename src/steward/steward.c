/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward: what the family needs done that is not carrying. */
#include "steward/steward.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/title.h"
#include "net/record.h"
#include "shm/call.h"
#include "shm/lobby.h"
#include "shm/pages.h"
#include "shm/seats.h"
#include "shm/slot.h"
#include "steward/audit.h"
#include "steward/chores.h"
#include "steward/clone.h"
#include "steward/deadlines.h"
#include "steward/probe.h"
#include "steward/resolve.h"
#include "steward/settle.h"
#include "steward/sleep.h"
#include "steward/staff.h"
#include "steward/tidy.h"
#include "steward/watch.h"

#define ARM_PARTS 16
#define TICK_MS 1000

static struct steward_task task;
static bool drained;

static void report(void)
{
	uint64_t one = 1;

	if (write(lobby.report, &one, sizeof one) < 0)
		log_debug("the master has a report already");
}

static bool is_mine(unsigned n)
{
	return atomic_load(&slots.at[n].generation) == task.generation;
}

static _Noreturn void run_worker(unsigned n)
{
	clone_begin(n, task.master);
	slot_enter(n); /* before the report: the master counts the live */
	report();
	task.worker(n, task.conf);
	_exit(EXIT_FAILURE);
}

/* ---- The heir ---- */

/* A dead steward may lie unsettled long after his successor has made us: so
 * there must be no living one either. */
static bool steward_is_missing(void)
{
	bool missing = false;

	for (unsigned n = 1; n < SLOTS; n++) {
		if (!is_mine(n) || slots.at[n].role != SLOT_STEWARD)
			continue;
		uint32_t state = atomic_load(&slots.at[n].state);
		if (state == SLOT_DEAD)
			missing = true;
		else if (state != SLOT_FREE)
			return false;
	}
	return missing;
}

static void sleep_as_heir(void)
{
	struct timespec t = {1, 0};

	for (;;) {
		uint32_t calls = atomic_load(&lobby.head->calls);
		if (steward_is_missing())
			return;
		syscall(SYS_futex, &lobby.head->calls, FUTEX_WAIT, calls, &t,
		    NULL, 0);
	}
}

static _Noreturn void live_as_steward(void);

/* Slots that the dead steward had marked, and in which no process is. */
static void take_over(void)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		uint32_t made = SLOT_MADE;
		if (is_mine(n) && slots.at[n].pid == 0)
			atomic_compare_exchange_strong(&slots.at[n].state,
			    &made, SLOT_ORDERED);
	}
}

static _Noreturn void run_heir(unsigned n)
{
	clone_begin(n, task.master);
	slot_enter(n);
	report();
	sleep_as_heir();
	FAULT(heir_woken);
	title_set("steward");
	atomic_store(&slot_self->role, SLOT_STEWARD);
	log_info("the heir of generation %u is steward now", task.generation);
	take_over();
	live_as_steward();
}

static _Noreturn void run_steward(unsigned n)
{
	clone_begin(n, task.master);
	slot_enter(n);
	log_info("generation %u has a steward again", task.generation);
	take_over();
	live_as_steward();
}

/* Only under the lock is such a slot made: if it has no process, who marked it
 * is dead. */
static bool awaits_steward(unsigned n)
{
	uint32_t made = SLOT_MADE;

	if (!is_mine(n) || slots.at[n].role != SLOT_STEWARD)
		return false;
	if (slots.at[n].pid == 0)
		atomic_compare_exchange_strong(&slots.at[n].state, &made,
		    SLOT_ORDERED);
	return atomic_load(&slots.at[n].state) == SLOT_ORDERED;
}

/* The bell first: it is rung again for whoever dies in here. */
void steward_revive(void)
{
	uint64_t rung;

	if (read(lobby.bell, &rung, sizeof rung) < 0)
		log_debug("the bell had stopped");
	lock_take(&lobby.head->revival);
	for (unsigned n = 1; n < SLOTS; n++)
		if (awaits_steward(n))
			clone_into(n, run_steward);
	lock_release(&lobby.head->revival);
}

/* ---- The steward ---- */

/* Before others: what one was settling is its own now, and why is still said
 * by the slots of those it was settling. */
static void settle_stewards(void)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (is_mine(n) && slots.at[n].role == SLOT_STEWARD
		    && slot_is_dead(n)) {
			settle_slot(n);
			report();
		}
}

static void reap_and_spawn(void)
{
	settle_stewards();
	for (unsigned n = 1; n < SLOTS; n++) {
		struct slot *slot = &slots.at[n];
		if (!is_mine(n))
			continue;
		switch (atomic_load(&slot->state)) {
		case SLOT_DEAD:
			settle_slot(n);
			report();
			break;
		case SLOT_ORDERED:
			if (slot->role == SLOT_WORKER)
				clone_into(n, run_worker);
			else if (slot->role == SLOT_HEIR)
				clone_into(n, run_heir);
			break;
		default:
			break;
		}
	}
}

/* In this order: what the last gate has sent lies there once it has gone, and
 * who has received it is in the audit. */
static bool nobody_comes(void)
{
	struct pollfd p = {lobby.arrivals[0], POLLIN, 0};

	return atomic_load(&lobby.head->gates) == 0
	    && (p.fd < 0 || poll(&p, 1, 0) == 0);
}

static void follow_order(void)
{
	enum lobby_order order = lobby_order();

	if (order >= LOBBY_DRAIN && !drained) {
		lobby_listeners_close();
		drained = true;
		atomic_store(&lobby.head->shut, 1);
		report();
	}
	if (order == LOBBY_HURRY)
		deadlines_hurry();
	if (drained && !atomic_load(&lobby.head->ended) && nobody_comes()
	    && audit_is_empty()) {
		probe_stop();
		resolve_stop();
		audit_end(task.generation);
		atomic_store(&lobby.head->ended, 1);
		report();
	}
}

static void tick(void)
{
	static unsigned part;

	settle_arm(part++ % ARM_PARTS, ARM_PARTS);
	deadlines_glance();
	deadlines_leave();
	deadlines_recount();
	if (atomic_load(&lobby.head->ready))
		lobby_mend_door();
}

/* The first requests find the addresses that names have. */
static void open_door(uint64_t now)
{
	if (atomic_load(&lobby.head->ready) || !resolve_is_settled(now))
		return;
	lobby_arrivals_in();
	if (!drained)
		lobby_listeners_in();
	atomic_store(&lobby.head->ready, 1);
	report();
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Nothing is begun that somebody would have to settle before there is an heir
 * who could. */
static bool may_begin(void)
{
	static bool had_heir;

	for (unsigned n = 1; n < SLOTS && !had_heir; n++)
		had_heir = is_mine(n) && slots.at[n].role == SLOT_HEIR
		    && slots.at[n].pid != 0;
	return had_heir;
}

/* When each part wants to look again: clock_ms. */
static struct {
	uint64_t deadlines, tick, staff, watch, chores, tidy, ring;
} looks;

static uint64_t earliest_look(void)
{
	const uint64_t all[] = {looks.deadlines, looks.tick, looks.staff,
	    looks.watch, looks.chores, looks.tidy, looks.ring};
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
		first = earlier(first, all[i]);
	return first;
}

/* Who is woken looks at all that others may have changed. */
static uint64_t look(uint64_t now, bool woken)
{
	reap_and_spawn();
	follow_order();
	call_ring_lost();
	looks.deadlines = deadlines_end(now);
	if (now >= looks.tick) {
		tick();
		looks.tick = now + TICK_MS;
	}
	if (now >= looks.staff)
		looks.staff = staff_look(now);
	if (woken || now >= looks.watch)
		looks.watch = watch_look(now);
	/* theirs are requests, which an heir must be there to settle */
	if (woken || now >= looks.chores)
		looks.chores = may_begin() ? chores_look(now) : now + 100;
	if (now >= looks.tidy)
		looks.tidy = may_begin() ? tidy_look(now) : now + 100;
	looks.ring = tidy_ring(now);
	return earliest_look();
}

/* Names and probes. */
static uint64_t look_at_peers(uint64_t now)
{
	uint64_t names = resolve_look(now);

	open_door(now);
	return earlier(names, probe_look(now));
}

static _Noreturn void live_as_steward(void)
{
	uint64_t next = 0;
	bool woken = true;

	crash_ask(NULL); /* we may have been a worker */
	looks.tick = clock_ms();
	looks.staff = looks.watch = looks.chores = looks.tidy = 0;
	settle_init();
	staff_init(task.conf->workers_min, task.conf->workers_max);
	watch_init(task.conf);
	chores_init(task.conf, task.subject);
	probe_init(task.conf);
	resolve_init(task.conf);
	tidy_init();
	report();
	for (;;) {
		uint64_t now = clock_ms();
		/* the end of a probe is no reason to look at everything */
		if (woken || now >= next)
			next = look(now, woken);
		uint64_t peers = may_begin() ? look_at_peers(now) : next;
		woken = sleep_until(earlier(next, peers));
	}
}

/* ---- The first one ---- */

static void close_foreign(void)
{
	int keep[LOBBY_LISTENERS + 12] = {0, 1, 2, lobby.bell, lobby.order,
	    lobby.report, lobby.arrivals[0], lobby.calls[1],
	    lobby.checked[0]};
	size_t n = 9;

	for (unsigned i = 0; i < lobby.nlisteners; i++)
		keep[n++] = lobby.listeners[i].fd;
	fd_close_all_but(keep, n);
}

/* Libraries read files of their own when they are used first: in a worker they
 * would be numbers of the family's table that nobody has noted. All who are
 * cloned have what we have read. */
static void load_libraries(void)
{
	tzset();
	if (conf_has_gates(task.conf) && !record_init())
		die("OpenSSL lacks a cipher that TLS needs");
}

/* A shared table that grows stops its processes for milliseconds. */
static void grow_table(void)
{
	int fd = fcntl(0, F_DUPFD, (int)lobby.nrows - 1);

	if (fd >= 0)
		close(fd);
}

void steward_main(unsigned n, const struct steward_task *t)
{
	task = *t;
	clone_begin(n, task.master);
	close_foreign();
	if (!fd_limit(lobby.nrows))
		die("cannot set the limit of descriptors to %u: %m",
		    lobby.nrows);
	slot_enter(n);
	log_to(slot_log);
	load_libraries();
	grow_table();
	if (!lobby_open() || !sleep_open())
		die("the lobby cannot be opened: %m");
	if (task.background) /* alone in its table as yet */
		fd_let_go_of_stdio();
	atomic_store(&lobby.head->open, 1);
	live_as_steward();
}
