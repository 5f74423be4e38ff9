/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates: made in shifts, retired together, followed when they die. */
#include "master/gates.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/inspect.h"
#include "master/obituary.h"
#include "master/privs.h"
#include "master/reap.h"
#include "master/wires.h"
#include "roles.h"
#include "shm/board.h"

#define GATES_MOST 64
#define START_MS 15000 /* a shift that is not there by then never will be */
#define LOOK_MS 10     /* while one starts: gates have no way to report */
#define GRACE_MS 5000  /* beyond the deadlines of what a retired one does */

static const struct master_task *task;
static unsigned newest_shift;
static int tickets = -1; /* memfd; never mapped here */

static bool is_of(const struct child *c, const struct generation *g)
{
	return c->role == SLOT_GATE && c->generation == g->number;
}

static bool is_in(const struct child *c, const struct generation *g,
    const struct shift *s)
{
	return is_of(c, g) && s->number && c->shift == s->number;
}

/* ---- Making one ---- */

struct first {
	struct generation *g;
	const struct shift *shift;
	pid_t master;
	bool alone;
};

/* It closes what is not its own itself. */
static void run_gate(unsigned slot, void *arg)
{
	const struct first *first = arg;
	struct lobby *l = &first->g->lobby;
	const struct gate_task t = {.conf = first->g->conf, .lobby = l,
	    .generation = first->g->number, .master = first->master,
	    .tickets = tickets, .retire = first->shift->retire,
	    .alone = first->alone, .drop = privs_drop};

	generation_unmap_all(first->g);
	area_unmap(&board.area);
	wires_for_gate(l);
	if (!first->shift->lets_in)
		l->ngated = 0;
	task->gate(slot, &t);
}

/* What the steward waits for before it ends its generation. */
static void count(const struct generation *g, bool one_more)
{
	uint32_t n = one_more;

	for (unsigned i = 1; i < SLOTS; i++)
		n += is_of(&children[i], g) && children[i].lets_in;
	atomic_store(&g->lobby.head->gates, n);
}

static unsigned live(const struct generation *g, const struct shift *s)
{
	unsigned n = 0;

	for (unsigned i = 1; i < SLOTS; i++)
		n += is_in(&children[i], g, s)
		    && atomic_load(&slots.at[i].state) == SLOT_LIVE;
	return n;
}

/* Where others serve, who cannot have all certificates stays away: its clients
 * would get wrong ones. */
static bool is_alone(const struct generation *g, const struct shift *s)
{
	return g->state != GEN_STARTING && s == &g->gates && live(g, s) == 0;
}

/* It may bring a client before fork has come back. */
static bool make(struct generation *g, const struct shift *s, unsigned number)
{
	const struct child gate = {.generation = g->number, .number = number,
	    .shift = s->number, .lets_in = s->lets_in};
	struct first first = {g, s, getpid(), is_alone(g, s)};

	count(g, s->lets_in);
	bool made = spawn_gate(&gate, run_gate, &first);
	count(g, false);
	return made;
}

/* ---- Shifts ---- */

static unsigned wanted(const struct conf *conf)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (conf->gates)
		return conf->gates;
	return cpus < 1 ? 1 : cpus > GATES_MOST ? GATES_MOST : (unsigned)cpus;
}

static bool has(const struct generation *g, const struct shift *s,
    unsigned number)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (is_in(&children[n], g, s) && children[n].number == number)
			return true;
	return false;
}

static bool make_missing(struct generation *g, const struct shift *s)
{
	for (unsigned i = 0; i < s->wants; i++)
		if (!has(g, s, i) && !make(g, s, i))
			return false;
	return true;
}

static bool is_there(const struct generation *g, const struct shift *s)
{
	return live(g, s) >= s->wants;
}

static bool begin(struct generation *g, struct shift *s, bool lets_in)
{
	*s = (struct shift){.number = ++newest_shift, .lets_in = lets_in,
	    .wants = lets_in ? wanted(g->conf) : 1,
	    .late_at = clock_ms() + START_MS + inspect_long(),
	    .retire = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	if (s->retire < 0) {
		log_err("eventfd: %m");
		s->number = 0;
		return false;
	}
	return make_missing(g, s);
}

static uint32_t longest(const struct conf *conf)
{
	uint32_t ms = 0;

	for (unsigned i = 0; i < conf->nlisteners; i++)
		if (conf->listeners[i].timeouts.header > ms)
			ms = conf->listeners[i].timeouts.header;
	for (unsigned i = 0; i < conf->npools; i++) {
		const struct conf_pool *p = &conf->pools[i];
		if (p->timeouts.connect > ms)
			ms = p->timeouts.connect;
		if (p->health.on && p->health.timeout > ms)
			ms = p->health.timeout;
	}
	return ms;
}

/* They have the eventfd as well. */
static void retire(struct generation *g, struct shift *s)
{
	uint64_t one = 1, until = clock_ms() + longest(g->conf) + GRACE_MS;

	if (s->number == 0)
		return;
	for (unsigned n = 1; n < SLOTS; n++)
		if (is_in(&children[n], g, s))
			children[n].until = until;
	if (write(s->retire, &one, sizeof one) < 0)
		log_err("gates cannot be told to retire: %m");
	close(s->retire);
	*s = (struct shift){0};
}

/* ---- Their lives ---- */

/* Made once: any gate of any generation opens the tickets of all. */
static bool open_tickets(void)
{
	if (tickets < 0)
		tickets = memfd_create("portico-tickets", MFD_CLOEXEC);
	if (tickets >= 0 && ftruncate(tickets, TICKETS_BYTES) == 0)
		return true;
	log_err("no memory for the keys of tickets: %m");
	return false;
}

bool gates_start(const struct master_task *t, struct generation *g)
{
	task = t;
	return !conf_has_gates(g->conf)
	    || (open_tickets() && begin(g, &g->gates, true));
}

bool gates_are_ready(const struct generation *g)
{
	return is_there(g, &g->gates);
}

void gates_renew(struct generation *g)
{
	retire(g, &g->relief);
	g->renewal = RENEWAL_STARTS;
	if (!begin(g, &g->relief, true)) {
		retire(g, &g->relief);
		g->renewal = RENEWAL_FAILED;
	}
}

static void end_renewal(struct generation *g, enum gates_renewal as)
{
	struct shift old = as == RENEWAL_FINE ? g->gates : g->relief;

	if (as == RENEWAL_FINE)
		g->gates = g->relief;
	g->relief = (struct shift){0};
	g->renewal = as;
	retire(g, &old);
}

void gates_drain(struct generation *g)
{
	struct shift old = g->gates;

	retire(g, &g->relief);
	if (!old.number || !old.lets_in)
		return;
	g->gates = (struct shift){0};
	if (conf_has_tls_backends(g->conf) && !begin(g, &g->gates, false))
		log_err("generation %u calls no backends with TLS any more",
		    g->number);
	retire(g, &old);
}

/* Killed by somebody, it is no sign that others would die too. */
static bool is_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void gates_bury(struct generation *g, const struct child *c, int status)
{
	bool fine = obituary_is_leave(c, status);

	if (g->state == GEN_ENDING)
		return;
	if (!fine)
		atomic_fetch_add(&g->lobby.head->gates_died, 1);
	count(g, false);
	generation_order(g);
	if (c->shift == g->relief.number && !is_killed(status)) {
		end_renewal(g, RENEWAL_FAILED);
	} else if (c->shift == g->gates.number && !is_killed(status)
	    && g->state == GEN_STARTING) {
		log_err("generation %u cannot start: its gates do not",
		    g->number);
		generation_kill(g);
	} else if (c->shift == g->gates.number
	    && young_is(c->born, clock_ms(), status)) {
		reap_wait_for_better(&g->gates_young, c);
	} else if (c->shift == g->gates.number && live(g, &g->gates) == 0) {
		/* the last one: whatever others waited for, not now */
		g->gates_young = (struct young){0};
	}
}

static void kill_late(const struct generation *g, uint64_t now)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		struct child *c = &children[n];
		if (!is_of(c, g) || c->until == 0 || now < c->until)
			continue;
		log_warn("gate %u (pid %d) does not retire: it is ended",
		    c->number, c->pid);
		kill(c->pid, SIGKILL);
		c->until = UINT64_MAX;
	}
}

static unsigned long long look_at_relief(struct generation *g, uint64_t now)
{
	if (is_there(g, &g->relief))
		end_renewal(g, RENEWAL_FINE);
	else if (now >= g->relief.late_at || !make_missing(g, &g->relief))
		end_renewal(g, RENEWAL_FAILED);
	return g->relief.number ? now + LOOK_MS : 0;
}

/* When to look at this generation again. */
static unsigned long long look_at(struct generation *g, uint64_t now)
{
	kill_late(g, now);
	if (g->gates.number && !young_waits(&g->gates_young, now)
	    && !make_missing(g, &g->gates))
		return now + START_MS / 10;
	if (g->relief.number)
		return look_at_relief(g, now);
	if (g->state == GEN_STARTING && !gates_are_ready(g))
		return now + LOOK_MS;
	return g->gates_young.until;
}

unsigned long long gates_look(void)
{
	unsigned long long first = 0;
	uint64_t now = clock_ms();

	for (int i = 0; i < GENERATIONS; i++) {
		struct generation *g = &generations[i];
		if (g->state == GEN_NONE || g->state == GEN_ENDING)
			continue;
		unsigned long long at = look_at(g, now);
		if (at && (first == 0 || at < first))
			first = at;
	}
	return first;
}

void gates_leave(struct will *w)
{
	will_item(w, "gates");
	will_number(w, "newest", newest_shift);
	will_fd(w, "tickets", tickets);
	will_end(w);
}

void gates_inherit(const struct master_task *t, struct legacy *l)
{
	const struct legacy_item *i = legacy_get(l, "gates");

	task = t;
	newest_shift = (unsigned)legacy_number(l, i, "newest", 0, UINT32_MAX);
	tickets = legacy_fd_or_none(l, i, "tickets");
}

void gates_close(struct generation *g)
{
	if (g->gates.number)
		close(g->gates.retire);
	if (g->relief.number)
		close(g->relief.retire);
	g->gates = g->relief = (struct shift){0};
}
