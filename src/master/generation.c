/* SPDX-License-Identifier: BSD-2-Clause */
/* Generations: one configuration and the family that carries it. */
#include "master/generation.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/bind.h"
#include "master/claim.h"
#include "master/gates.h"
#include "master/inspect.h"
#include "master/privs.h"
#include "master/spawn.h"
#include "master/wires.h"
#include "shm/board.h"

#define START_MS 15000 /* a family that is not ready by then never will be */

struct generation generations[GENERATIONS];
static unsigned newest;

/* Rows for the clients, and half as many again for backends. */
static unsigned rows_for(unsigned connections)
{
	return connections + connections / 2 + 256;
}

static bool fit_connections(struct conf *conf)
{
	unsigned most = fd_limit_raise(rows_for(conf->connections));

	if (rows_for(conf->connections) <= most)
		return true;
	if (conf->connections_given) {
		log_err("connections = %u needs %u descriptors; the hard "
		    "limit here is %u", conf->connections,
		    rows_for(conf->connections), most);
		return false;
	}
	if (most < 300) {
		log_err("the hard limit of descriptors, %u, is too low", most);
		return false;
	}
	conf->connections = (most - 256) / 3 * 2;
	log_warn("connections is lowered to %u: the hard limit of "
	    "descriptors is %u", conf->connections, most);
	return true;
}

static int eventfd_new(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void close_eventfds(struct lobby *l)
{
	close(l->bell);
	close(l->order);
	close(l->report);
}

/* Its own rows' words are worked out once the seats are this process's. */
static bool make_seats(struct generation *g)
{
	uint16_t *row = claim_rows(g->conf);

	if (row == NULL)
		return false;
	if (seats_create(&g->seats, g->conf, row))
		return true;
	claim_drop(g->conf, row);
	free(row);
	log_err("no memory for the seats of a generation: %m");
	return false;
}

static void free_seats(struct generation *g)
{
	if (g->seats.head == NULL)
		return;
	atomic_store(&g->seats.head->over, 1);
	claim_drop(g->conf, g->seats.row);
	seats_free(&g->seats);
}

static bool make_areas(struct generation *g)
{
	const struct conf *conf = g->conf;

	if (!lobby_create(&g->lobby, rows_for(conf->connections))
	    || !pages_create(&g->pages, conf->buffers)) {
		log_err("no memory for the areas of a generation: %m");
		return false;
	}
	g->lobby.connections = conf->connections;
	g->lobby.bell = eventfd_new();
	g->lobby.order = eventfd_new();
	g->lobby.report = eventfd_new();
	if (g->lobby.report < 0) {
		log_err("eventfd: %m");
		return false;
	}
	return (!conf_has_gates(conf) || wires_open(&g->lobby))
	    && cachearea_claim(conf, &g->cache) && make_seats(g);
}

static void close_areas(struct generation *g)
{
	cachearea_release(g->cache);
	g->cache = NULL;
	area_close(&g->lobby.area);
	area_close(&g->pages.area);
	area_close(&g->seats.area);
}

struct first {
	const struct master_task *task;
	struct generation *g;
	pid_t master;
};

void generation_unmap_all(const struct generation *but)
{
	for (int i = 0; i < GENERATIONS; i++) {
		struct generation *g = &generations[i];
		if (g->state == GEN_NONE)
			continue;
		area_unmap(&g->pages.area);
		area_unmap(&g->seats.area);
		if (g != but)
			area_unmap(&g->lobby.area);
	}
	cachearea_unmap_all(NULL);
}

static bool is_older(const struct generation *g, const struct generation *than)
{
	return g->number < than->number && (g->state == GEN_RUNNING
	    || g->state == GEN_DRAINING);
}

static void see_rows(const struct lobby *older)
{
	if (mprotect(older->area.at, older->area.size, PROT_READ) < 0)
		log_err("mprotect: %m");
	cache_add_older(older);
}

/* Rows of older ones may pin what is in the cache, to their last breath. */
static void keep_rows(const struct generation *g, struct generation *other)
{
	if (other->number < g->number
	    && cachearea_is_shared(g->cache, other->cache))
		see_rows(&other->lobby);
	else
		area_unmap(&other->lobby.area);
}

/* In the steward: only its own family's areas stay mapped, and the seats and
 * rows of older ones. */
static void become_family(struct generation *g)
{
	lobby = g->lobby;
	wires_for_family(&lobby);
	pages = g->pages;
	seats = g->seats;
	for (int i = 0; i < GENERATIONS; i++) {
		struct generation *other = &generations[i];
		if (other == g || other->state == GEN_NONE)
			continue;
		area_unmap(&other->pages.area);
		if (is_older(other, g))
			seats_add_older(&seats, &other->seats);
		else
			area_unmap(&other->seats.area);
		keep_rows(g, other);
	}
	cachearea_unmap_all(g->cache);
}

static void run_steward(unsigned slot, void *arg)
{
	struct first *first = arg;

	become_family(first->g);
	first->task->steward(slot, first->g->conf, first->g->number,
	    first->master);
}

/* The newest that may live on is the one that probes, and whose backends the
 * master knows. */
static void tell_newest(void)
{
	const struct generation *found = NULL;

	for (int i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &generations[i];
		if (g->state != GEN_NONE && g->state != GEN_ENDING
		    && (!found || g->number > found->number))
			found = g;
	}
	seats = found ? found->seats : (struct seats){0};
	if (found)
		cachearea_use(found->cache);
	atomic_store(&board.head->newest, found ? found->number : 0);
}

unsigned generation_newest(void)
{
	return newest;
}

void generation_go_on(unsigned number)
{
	newest = number;
	tell_newest();
}

static void refresh_seats(void)
{
	uint64_t now = clock_ms();

	for (unsigned i = 0; i < seats.n; i++)
		seats_refresh(seats.backend[i], now);
}

static bool order_family(const struct master_task *task, struct generation *g)
{
	struct first first = {task, g, getpid()};

	if (!spawn_fork(SLOT_STEWARD, g->number, run_steward, &first))
		return false;
	spawn_order(g, SLOT_HEIR, 0);
	for (unsigned i = 0; i < g->conf->workers_min; i++)
		if (!spawn_order(g, SLOT_WORKER, i))
			return false;
	generation_order(g);
	return gates_start(task, g);
}

static struct generation *free_generation(void)
{
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state == GEN_NONE)
			return &generations[i];
	log_err("%d generations are still there: reload later", GENERATIONS);
	return NULL;
}

struct generation *generation_start(const struct master_task *task,
    struct conf *conf)
{
	struct generation *g = free_generation();

	if (g == NULL || !privs_find(conf) || !fit_connections(conf))
		return NULL;
	memset(g, 0, sizeof *g);
	g->conf = conf;
	g->number = newest + 1;
	g->lobby.bell = g->lobby.order = g->lobby.report = -1;
	wires_init(&g->lobby);
	if (!bind_all(conf, &g->lobby) || !make_areas(g)) {
		close_areas(g);
		wires_close(&g->lobby);
		close_eventfds(&g->lobby);
		return NULL;
	}
	newest++;
	g->state = GEN_STARTING;
	tell_newest();
	refresh_seats();
	g->drain_until = clock_ms() + START_MS + inspect_long();
	if (!order_family(task, g)) {
		log_err("generation %u cannot be started", g->number);
		generation_kill(g);
	}
	return g;
}

bool generation_is_ready(const struct generation *g)
{
	unsigned live = 0;

	for (unsigned n = 1; n < SLOTS; n++)
		live += children[n].generation == g->number
		    && (children[n].role == SLOT_WORKER
		    || children[n].role == SLOT_HEIR)
		    && atomic_load(&slots.at[n].state) == SLOT_LIVE;
	return atomic_load(&g->lobby.head->ready)
	    && live > g->conf->workers_min && gates_are_ready(g);
}

void generation_order(const struct generation *g)
{
	uint64_t one = 1;

	if (write(g->lobby.order, &one, sizeof one) < 0)
		log_debug("the steward has an order already");
}

unsigned generation_wants(const struct generation *g)
{
	unsigned wanted = atomic_load(&g->lobby.head->wanted);
	const struct conf *conf = g->conf;

	if (wanted < conf->workers_min)
		return conf->workers_min;
	return wanted < conf->workers_max ? wanted : conf->workers_max;
}

void generation_drain(struct generation *g, uint64_t until, bool hurry)
{
	uint32_t order = hurry ? LOBBY_HURRY : LOBBY_DRAIN;

	if (g->state != GEN_DRAINING || until < g->drain_until)
		g->drain_until = until;
	g->state = GEN_DRAINING;
	if (atomic_load(&g->lobby.head->order) < order)
		atomic_store(&g->lobby.head->order, order);
	gates_drain(g);
	generation_order(g);
}

bool generation_old_is_open(void)
{
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state == GEN_DRAINING
		    && !atomic_load(&generations[i].lobby.head->shut))
			return true;
	return false;
}

bool generation_has_ended(const struct generation *g)
{
	return atomic_load(&g->lobby.head->ended);
}

static bool kill_role(const struct generation *g, enum slot_role role)
{
	bool some = false;

	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].generation == g->number && children[n].pid > 0
		    && (role == SLOT_NOBODY || children[n].role == role)) {
			kill(children[n].pid, SIGKILL);
			some = true;
		}
	return some;
}

/* Slots in which a process was ordered, and now nobody is left to make it. */
static void forget_ordered(const struct generation *g)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].generation == g->number
		    && children[n].pid == 0 && slots.at[n].pid == 0)
			spawn_forget(n);
}

/* Called until none is left: a process that was cloned just now is found by
 * the next call. */
void generation_kill(struct generation *g)
{
	g->state = GEN_ENDING;
	tell_newest();
	spawn_learn();
	kill_role(g, SLOT_STEWARD);
	if (!kill_role(g, SLOT_NOBODY))
		forget_ordered(g);
}

/* What its dead held went with its areas. */
static void free_slots(const struct generation *g)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		struct slot *slot = &slots.at[n];
		if (children[n].role != SLOT_NOBODY
		    || slot->generation != g->number
		    || atomic_load(&slot->state) == SLOT_FREE)
			continue;
		atomic_fetch_add(&slot->incarnation, 1);
		atomic_store(&slot->pin, 0);
		atomic_store(&slot->pid, 0);
		atomic_store(&slot->state, SLOT_FREE);
	}
}

void generation_free(struct generation *g)
{
	atomic_store(&g->lobby.head->over, 1);
	free_slots(g);
	free_seats(g);
	close_areas(g);
	gates_close(g);
	wires_close(&g->lobby);
	close_eventfds(&g->lobby);
	conf_free(g->conf);
	memset(g, 0, sizeof *g);
	tell_newest();
}
