/* SPDX-License-Identifier: BSD-2-Clause */
/* The report: what the master knows of everything, and the board says. */
#include "master/report.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "master/cache_report.h"
#include "master/overlay.h"
#include "master/control.h"
#include "master/generation.h"
#include "master/master.h"
#include "master/reload.h"
#include "master/renewal.h"
#include "master/spawn.h"
#include "master/upgrade.h"
#include "shm/board.h"
#include "shm/seats.h"

/* Of all families, by row of the board: they share their backends. */
struct sums {
	const struct generation *of; /* whose backends are told of */
	uint32_t inflight[BOARD_ROWS], idle[BOARD_ROWS];
};

static const char *const balance_names[] = {
	[BALANCE_ROUND_ROBIN] = "round-robin",
	[BALANCE_LEAST_CONNECTIONS] = "least-connections",
	[BALANCE_LEAST_TIME] = "least-time",
	[BALANCE_RANDOM] = "random",
	[BALANCE_HASH] = "hash",
};

static const char *const state_names[] = {
	[GEN_STARTING] = "starting",
	[GEN_RUNNING] = "running",
	[GEN_DRAINING] = "draining",
	[GEN_ENDING] = "ending",
};

static const char *const backend_states[] = {
	[BOARD_UP] = "up",
	[BOARD_DRAINING] = "draining",
	[BOARD_DOWN] = "down",
	[BOARD_EJECTED] = "ejected",
	[BOARD_NO_ADDRESS] = "no-address",
};

static void put_master(struct reply *r, const struct generation *g)
{
	reply_record(r, "master");
	reply_number(r, "pid", (uint64_t)getpid());
	reply_text(r, "version", PACKAGE_VERSION);
	reply_number(r, "generation", g ? g->number : 0);
	reply_number(r, "uptime_ms", clock_ms() - master_born());
	reply_text(r, "file", g ? g->conf->file : "");
	reply_text(r, "control", control_path());
	reply_number(r, "reloading", reload_is_under_way()
	    || upgrade_is_under_way());
	reply_number(r, "changes", overlay_count());
	reply_close(r);
}

static void put_generation(struct reply *r, const struct generation *g)
{
	reply_record(r, "generation");
	reply_number(r, "number", g->number);
	reply_text(r, "state", state_names[g->state]);
	reply_number(r, "workers", spawn_count(g->number, SLOT_WORKER));
	reply_number(r, "connections", atomic_load(&g->lobby.head->clients));
	reply_close(r);
}

/* What lives is what the master knows to be its child. */
static const char *state_of(unsigned n)
{
	uint32_t state = atomic_load(&slots.at[n].state);

	if (children[n].pid == 0)
		return "ordered";
	return state == SLOT_LIVE ? "live"
	    : state == SLOT_DEAD ? "dead" : "made";
}

static void put_child(struct reply *r, unsigned n)
{
	const struct child *c = &children[n];

	reply_record(r, "process");
	reply_number(r, "pid", c->pid > 0 ? (uint64_t)c->pid : 0);
	reply_text(r, "role", slot_role_name(c->role));
	reply_number(r, "number", c->number);
	reply_number(r, "generation", c->generation);
	reply_text(r, "state", state_of(n));
	reply_close(r);
}

static void add_seats(struct sums *sums, const struct seats *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		unsigned row = s->row[i];
		if (row >= BOARD_ROWS)
			continue;
		sums->inflight[row] += atomic_load_explicit(&s->inflight[i],
		    memory_order_relaxed);
		sums->idle[row] += *(const volatile uint32_t *)
		    &s->at[i].nidle;
	}
}

static unsigned row_of(const struct sums *sums, const struct conf_backend *b)
{
	unsigned row = sums->of->seats.row[b->index];

	MUST(row < BOARD_ROWS);
	return row;
}

static uint64_t queued(const char *pool)
{
	uint64_t n = 0;

	for (int i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &generations[i];
		if (g->state == GEN_NONE)
			continue;
		const struct conf_pool *p = conf_find_pool(g->conf, pool);
		if (p)
			n += atomic_load(&g->seats.pool[p->index].length);
	}
	return n;
}

/* False for a member that its host name has no address for. */
static bool is_present(const struct conf_backend *b)
{
	return b->member == 0
	    || board_state(b, clock_ms()) != BOARD_NO_ADDRESS;
}

static unsigned present(const struct conf_pool *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->nbackends; i++)
		n += is_present(&p->backends[i]);
	return n;
}

static void put_pool(struct reply *r, const struct conf_pool *p,
    const struct sums *sums)
{
	uint64_t inflight = 0;

	for (unsigned i = 0; i < p->nbackends; i++)
		inflight += sums->inflight[row_of(sums, &p->backends[i])];
	reply_record(r, "pool");
	reply_text(r, "name", p->name);
	reply_text(r, "balance", balance_names[p->balance]);
	reply_number(r, "up", board_left(p, clock_ms()));
	reply_number(r, "backends", present(p));
	reply_number(r, "in_flight", inflight);
	reply_number(r, "queued", queued(p->name));
	reply_number(r, "queue_length", p->queue.length);
	reply_text(r, "fallback", p->fallback ? p->fallback->name : "");
	reply_close(r);
}

/* One that was learnt may be anything. */
static void put_address(struct reply *r, const struct conf_backend *b)
{
	char text[ADDR_TEXT] = "";
	struct addr a = b->address;

	if (b->lookup.n == 0)
		addr_format(&a, text);
	else if (board_address(b, &a) && (a.sa.sa_family == AF_INET
	    || a.sa.sa_family == AF_INET6))
		addr_format(&a, text);
	reply_text(r, "address", text);
}

static const char *order_name(uint32_t order)
{
	static const char *const names[] = {
		[ORDER_NONE] = "none",
		[ORDER_UP] = "up",
		[ORDER_DRAIN] = "drain",
		[ORDER_DOWN] = "down",
	};

	return order < sizeof names / sizeof names[0] ? names[order] : "?";
}

static void put_counters(struct reply *r, const struct board_row *row)
{
	static const struct {
		const char *key;
		size_t at;
	} counters[] = {
		{"attempts", offsetof(struct board_row, attempts)},
		{"retries", offsetof(struct board_row, retries)},
		{"errors_5xx", offsetof(struct board_row, answers[5])},
		{"connect_errors", offsetof(struct board_row,
		    connect_errors)},
		{"timeouts", offsetof(struct board_row, timeouts)},
		{"resets", offsetof(struct board_row, resets)},
		{"bad_answers", offsetof(struct board_row, bad_answers)},
		{"checks", offsetof(struct board_row, checks)},
		{"checks_failed", offsetof(struct board_row, checks_failed)},
	};
	uint64_t fine = 0;

	for (unsigned i = 1; i < 5; i++)
		fine += atomic_load(&row->answers[i]);
	reply_number(r, "ok", fine);
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
		reply_number(r, counters[i].key, atomic_load(
		    (const _Atomic uint64_t *)((const char *)row
		    + counters[i].at)));
	reply_number(r, "p50_us", board_percentile(row, 50));
	reply_number(r, "p95_us", board_percentile(row, 95));
}

/* From the clock of the board to the one on the wall; 0: never. */
static uint64_t wall_of(uint64_t us)
{
	uint64_t now = clock_us(), wall = (uint64_t)clock_wall();

	if (us == 0 || us > now || (now - us) / 1000000 > wall)
		return 0;
	return wall - (now - us) / 1000000;
}

static void put_why(struct reply *r, const struct board_row *row)
{
	char why[BOARD_WHY];

	memcpy(why, row->why, sizeof why);
	why[sizeof why - 1] = '\0';
	reply_number(r, "since", wall_of(atomic_load(&row->since)));
	reply_text(r, "why", why);
}

static void put_backend(struct reply *r, const struct conf_backend *b,
    const struct sums *sums)
{
	unsigned n = row_of(sums, b);
	const struct board_row *row = &board.rows[n];

	reply_record(r, "backend");
	reply_text(r, "pool", b->pool_name);
	reply_text(r, "name", b->name);
	put_address(r, b);
	reply_text(r, "state", backend_states[board_state(b, clock_ms())]);
	reply_text(r, "order", order_name(atomic_load(&row->order)));
	reply_number(r, "weight", board_weight(b));
	reply_number(r, "file_weight", b->weight);
	reply_number(r, "max_connections", b->max_connections);
	reply_number(r, "in_flight", sums->inflight[n]);
	reply_number(r, "idle", sums->idle[n]);
	reply_number(r, "backup", b->backup);
	reply_number(r, "added", b->added);
	reply_number(r, "started", seats_started(b, clock_ms()));
	reply_number(r, "rate_x10", atomic_load(&row->rate));
	put_counters(r, row);
	put_why(r, row);
	reply_close(r);
}

/* One whose address is gone may have requests yet. */
static void put_backends(struct reply *r, const struct conf_pool *p,
    const struct sums *sums)
{
	for (unsigned i = 0; i < p->nbackends; i++) {
		const struct conf_backend *b = &p->backends[i];

		if (is_present(b) || sums->inflight[row_of(sums, b)])
			put_backend(r, b, sums);
	}
}

static void put_pools(struct reply *r, const struct generation *g)
{
	static struct sums sums;
	const struct conf *conf = g->conf;
	struct seats newest = seats;

	/* The board is asked by the seats of who is told of. */
	seats = g->seats;
	memset(&sums, 0, sizeof sums);
	sums.of = g;
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			add_seats(&sums, &generations[i].seats);
	for (unsigned i = 0; i < conf->npools; i++)
		put_pool(r, &conf->pools[i], &sums);
	for (unsigned i = 0; i < conf->npools; i++)
		put_backends(r, &conf->pools[i], &sums);
	seats = newest;
}

void report_status(struct reply *r)
{
	const struct generation *g = generation_current();

	reply_ok(r);
	put_master(r, g);
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			put_generation(r, &generations[i]);
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].role != SLOT_NOBODY)
			put_child(r, n);
	if (g)
		put_pools(r, g);
	if (g)
		cache_report(r, g->conf);
	facts_report(renewal_facts(), r);
	reply_end(r);
}
