/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate: handshakes of TLS, with clients and with backends. */
#include "gate/gate.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/epoll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/title.h"
#include "gate/admit.h"
#include "gate/errand.h"
#include "gate/handover.h"
#include "gate/loop.h"
#include "gate/peers.h"
#include "gate/tickets.h"
#include "gate/visit.h"
#include "gate/wire.h"
#include "net/record.h"
#include "roles.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define VISITS 4096u /* handshakes with clients at once, at most */
#define SPARE 128u   /* descriptors for what is neither */
#define TEND_MS 10000

static struct loop_entry retire, tend;
static bool retires;

static _Noreturn void give_up(const char *why)
{
	log_err("%s: %m", why);
	_exit(EXIT_FAILED);
}

/* ---- What only root may do ---- */

static void log_lines(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		log_err("%s", line);
}

static void read_files(const struct gate_task *task)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL)
		give_up("no memory for certificates");
	bool whole = admit_read(task->conf, task->lobby, to);
	bool fine = peers_open(task->conf, to)
	    && (whole || (task->alone && admit_can_serve()));
	fclose(to);
	if (!fine || !whole)
		log_lines(text);
	if (!fine)
		_exit(EXIT_FAILED);
	if (!whole)
		log_err("no gate is left that has all certificates: those "
		    "that are fine are served");
	free(text); /* warnings have been told by who checked the files */
}

/* Nobody but root may look into the memory that has the keys. */
static void shut_memory(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		give_up("prctl");
}

static void follow_master(int master)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		give_up("prctl");
	if (getppid() != master)
		_exit(EXIT_FAILED);
}

/* ---- Its own descriptors ---- */

static void close_foreign(const struct gate_task *task)
{
	const struct lobby *l = task->lobby;
	int keep[LOBBY_LISTENERS + 8] = {0, 1, 2, l->calls[0], l->arrivals[1],
		l->checked[1], task->tickets, task->retire};
	size_t n = 8;

	for (unsigned i = 0; i < l->ngated; i++)
		keep[n++] = l->gated[i].fd;
	fd_close_all_but(keep, n);
}

/* As many as there may be descriptors for, if they can be had. */
static unsigned room_for_visits(unsigned ngated)
{
	unsigned others = SPARE + ngated, most = fd_limit_raise(0);

	if (most > 2 * VISITS + others)
		most = 2 * VISITS + others;
	if (!fd_limit(most) || most < others + 32)
		give_up("too few descriptors for a gate");
	return (most - others) / 2;
}

/* ---- Its life ---- */

static void be_told(struct loop_entry *e, uint32_t events)
{
	(void)events;
	loop_leave(e);
	retires = true;
	admit_close();
	errand_retire();
}

static void tend_tickets(struct loop_entry *e)
{
	uint64_t now = clock_ms();

	tickets_turn(now);
	loop_late_at(e, now + TEND_MS);
}

static bool open_all(const struct gate_task *task)
{
	unsigned room = room_for_visits(task->lobby->ngated);

	retire.ready = be_told;
	tend.late = tend_tickets;
	if (!loop_open(2 * room + SPARE + task->lobby->ngated)
	    || !wire_init() || !record_keys_init()
	    || !handover_open(task->lobby)
	    || !loop_enter(&retire, task->retire)
	    || !loop_arm(&retire, EPOLLIN) || !loop_enter(&tend, -1)
	    || !tickets_open(task->tickets))
		return false;
	close(task->tickets);
	tend_tickets(&tend);
	return errand_open(task->conf, task->lobby, room) && admit_open(room);
}

static void become_gate(unsigned n)
{
	char title[32];

	snprintf(title, sizeof title, "gate %u",
	    atomic_load(&slots.at[n].number));
	title_set(title);
	/* lines go to its own ring before it may be called live */
	slot_me = n;
	slot_self = &slots.at[n];
	log_to(slot_log);
}

_Noreturn void gate_main(unsigned n, const struct gate_task *task)
{
	become_gate(n);
	close_foreign(task);
	shut_memory();
	follow_master(task->master);
	read_files(task);
	task->drop();
	/* the kernel forgets both of who becomes another user */
	shut_memory();
	follow_master(task->master);
	if (!open_all(task))
		give_up("the gate cannot begin");
	slot_enter(n);
	while (!retires || visit_count() + errand_count() > 0)
		loop_turn();
	_exit(EXIT_RETIRED);
}
