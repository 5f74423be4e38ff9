/* SPDX-License-Identifier: BSD-2-Clause */
/* Generations that the program before has made. */
#include "master/inherit.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "conf/heap.h"
#include "conf/load.h"
#include "master/bind.h"
#include "master/cachearea.h"
#include "master/claim.h"
#include "master/generation.h"
#include "master/privs.h"
#include "master/wires.h"
#include "shm/board.h"

#define CONF_MOST (64u << 20)
#define ROWS_MOST (1u << 24)

/* ---- What it is made of: one table for both ways ---- */

/* The descriptors of a lobby, and the ends of its wires. */
static const struct {
	const char *key;
	size_t at;
	bool optional;
} fds[] = {
	{"bell", offsetof(struct lobby, bell)},
	{"order", offsetof(struct lobby, order)},
	{"report", offsetof(struct lobby, report)},
	{"arrivals0", offsetof(struct lobby, arrivals[0]), true},
	{"arrivals1", offsetof(struct lobby, arrivals[1]), true},
	{"calls0", offsetof(struct lobby, calls[0]), true},
	{"calls1", offsetof(struct lobby, calls[1]), true},
	{"checked0", offsetof(struct lobby, checked[0]), true},
	{"checked1", offsetof(struct lobby, checked[1]), true},
};

#define FDS (sizeof fds / sizeof fds[0])

static int *fd_at(struct lobby *l, size_t n)
{
	return (int *)((char *)l + fds[n].at);
}

/* ---- Leaving ---- */

static void leave_conf(struct will *w, const struct conf *conf)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (to)
		conf_dump(conf, to);
	if (to == NULL || fclose(to) != 0 || text == NULL)
		w->failed = true;
	else
		will_bytes(w, "conf", text, n);
	free(text);
	will_text(w, "file", conf->file ? conf->file : "");
}

/* Numbers, with a blank behind each. */
static void leave_list(struct will *w, const char *key, size_t n,
    unsigned (*at)(const struct generation *g, size_t i),
    const struct generation *g)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; to && i < n; i++)
		fprintf(to, "%u ", at(g, i));
	if (to == NULL || fclose(to) != 0 || text == NULL)
		w->failed = true;
	else
		will_bytes(w, key, text, size);
	free(text);
}

static unsigned row_at(const struct generation *g, size_t i)
{
	return g->seats.row[i];
}

static unsigned output_at(const struct generation *g, size_t i)
{
	return g->conf->access_logs[i].log.output;
}

/* Of the backends, in their order. */
static uint64_t names_of(const struct conf *conf)
{
	uint64_t key[2] = {conf->npools, conf->nbackends};

	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++) {
			const struct conf_backend *b
			    = &conf->pools[i].backends[k];
			key[0] = hash_slice(key, slice_str(b->pool_name));
			key[1] = hash_slice(key, slice_str(b->name));
			key[1] += b->index;
		}
	return key[0] ^ key[1];
}

static void leave_lobby(struct will *w, const struct generation *g)
{
	const struct lobby *l = &g->lobby;

	for (size_t i = 0; i < FDS; i++)
		will_fd(w, fds[i].key, *fd_at((struct lobby *)l, i));
	will_fd(w, "rows", l->area.fd);
	will_number(w, "rows_size", l->area.size);
	will_number(w, "rows_pins", (uint64_t)((const char *)l->pins
	    - (const char *)l->area.at));
	will_number(w, "rows_n", l->nrows);
	will_number(w, "connections", l->connections);
}

static void leave_shift(struct will *w, const char *name, unsigned of,
    const struct shift *s)
{
	if (s->number == 0)
		return;
	will_item(w, name);
	will_number(w, "generation", of);
	will_number(w, "number", s->number);
	will_fd(w, "retire", s->retire);
	will_number(w, "wants", s->wants);
	will_number(w, "lets_in", s->lets_in);
	will_number(w, "late_at", s->late_at);
	will_end(w);
}

static void leave_young(struct will *w, const char *name, unsigned of,
    const struct young *y)
{
	will_item(w, name);
	will_number(w, "generation", of);
	will_number(w, "deaths", y->deaths);
	will_number(w, "until", y->until);
	will_number(w, "last", y->last);
	will_end(w);
}

static void leave(struct will *w, const struct generation *g)
{
	will_item(w, "generation");
	will_number(w, "number", g->number);
	will_number(w, "state", g->state);
	will_number(w, "drain_until", g->drain_until);
	leave_conf(w, g->conf);
	will_number(w, "names", names_of(g->conf));
	leave_list(w, "backends", g->conf->nbackends, row_at, g);
	leave_list(w, "outputs", g->conf->naccess_logs, output_at, g);
	leave_lobby(w, g);
	will_fd(w, "seats", g->seats.area.fd);
	will_number(w, "cache", cachearea_number(g->cache));
	will_end(w);
	leave_shift(w, "shift", g->number, &g->gates);
	leave_shift(w, "relief", g->number, &g->relief);
	leave_young(w, "young", g->number, &g->young);
	leave_young(w, "young_gates", g->number, &g->gates_young);
}

void inherit_leave(struct will *w)
{
	for (unsigned last = 0;;) {
		const struct generation *next = NULL;
		for (int i = 0; i < GENERATIONS; i++) {
			const struct generation *g = &generations[i];
			if (g->state != GEN_NONE && g->number > last
			    && (!next || g->number < next->number))
				next = g;
		}
		if (next == NULL)
			return;
		leave(w, next);
		last = next->number;
	}
}

/* ---- Taking up ---- */

static struct conf *read_conf(struct legacy *l, const struct legacy_item *i,
    unsigned number)
{
	char *said = NULL;
	size_t n, nsaid = 0;
	const char *text = legacy_bytes(l, i, "conf", CONF_MOST, &n);
	const char *file = legacy_text(l, i, "file", 4096);
	FILE *to = open_memstream(&said, &nsaid);
	struct conf *conf = to ? load_from_text("generation", text, n, NULL,
	    to) : NULL;

	if (to == NULL || fclose(to) != 0)
		legacy_blame(l, "no memory for a configuration");
	if (conf && *file)
		conf->file = heap_copy(conf, slice_str(file));
	if (conf == NULL || names_of(conf) != legacy_number(l, i, "names", 0,
	    UINT64_MAX))
		legacy_blame(l, "the configuration of generation %u cannot be "
		    "taken over: %.*s", number, said
		    ? (int)strcspn(said, "\n") : 0, said ? said : "");
	free(said);
	return conf;
}

/* Exactly n of them, none above most. */
static bool read_list(struct legacy *l, const struct legacy_item *i,
    const char *key, unsigned n, unsigned most, uint16_t *to)
{
	const char *text = legacy_text(l, i, key, CONF_MOST);
	struct slice rest = slice_str(text);

	for (unsigned k = 0; k < n; k++) {
		uint64_t v = 0;
		if (rest.p == NULL || !slice_u64(slice_cut(&rest, ' '), &v)
		    || v > most)
			return legacy_blame(l, "its list of %s is wrong",
			    key);
		to[k] = (uint16_t)v;
	}
	return true;
}

static bool take_seats(struct legacy *l, const struct legacy_item *i,
    struct generation *g)
{
	uint16_t *row = calloc(g->conf->nbackends + 1, sizeof *row);
	int fd = legacy_fd(l, i, "seats");

	if (row && read_list(l, i, "backends", g->conf->nbackends,
	    BOARD_ROWS - 1, row) && claim_inherit(g->conf, row)
	    && seats_attach(&g->seats, g->conf, row, fd))
		return true;
	free(row);
	return legacy_blame(l, "the seats of generation %u cannot be taken "
	    "over", g->number);
}

static bool take_outputs(struct legacy *l, const struct legacy_item *i,
    struct generation *g)
{
	uint16_t n[CONF_ACCESS_LOGS];

	if (!read_list(l, i, "outputs", g->conf->naccess_logs, 1000, n))
		return false;
	for (unsigned k = 0; k < g->conf->naccess_logs; k++)
		g->conf->access_logs[k].log.output = n[k];
	return true;
}

/* The rows themselves are strangers. */
static bool take_lobby(struct legacy *l, const struct legacy_item *i,
    struct generation *g)
{
	struct lobby *to = &g->lobby;
	size_t size = legacy_number(l, i, "rows_size", 4096, SIZE_MAX / 2);
	size_t pins = legacy_number(l, i, "rows_pins", 4096, size);

	for (size_t k = 0; k < FDS; k++)
		*fd_at(to, k) = fds[k].optional
		    ? legacy_fd_or_none(l, i, fds[k].key)
		    : legacy_fd(l, i, fds[k].key);
	to->nrows = (unsigned)legacy_number(l, i, "rows_n", 1, ROWS_MOST);
	to->connections = (unsigned)legacy_number(l, i, "connections", 1,
	    ROWS_MOST);
	if (pins % 8 || (size - pins) / sizeof *to->pins < to->nrows)
		return legacy_blame(l, "its rows are cut off");
	to->area = area_attach(legacy_fd(l, i, "rows"), size);
	if (to->area.at == NULL)
		return legacy_blame(l, "the rows of generation %u cannot be "
		    "taken over", g->number);
	to->head = to->area.at;
	to->pins = (void *)((char *)to->area.at + pins);
	bind_find(g->conf, to);
	return true;
}

static const struct legacy_item *find_of(struct legacy *l, const char *kind,
    unsigned generation)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, kind)) != NULL)
		if (legacy_number(l, i, "generation", 0, UINT32_MAX)
		    == generation)
			return i;
	return NULL;
}

static void take_shift(struct legacy *l, const char *kind, unsigned of,
    struct shift *to)
{
	const struct legacy_item *i = find_of(l, kind, of);

	if (i)
		*to = (struct shift){
			.number = (unsigned)legacy_number(l, i, "number", 1,
			    UINT32_MAX),
			.retire = legacy_fd(l, i, "retire"),
			.wants = (unsigned)legacy_number(l, i, "wants", 1,
			    SLOTS),
			.lets_in = legacy_bool(l, i, "lets_in"),
			.late_at = legacy_number(l, i, "late_at", 0,
			    UINT64_MAX),
		};
}

static void take_young(struct legacy *l, const char *kind, unsigned of,
    struct young *to)
{
	const struct legacy_item *i = find_of(l, kind, of);

	if (i)
		*to = (struct young){
			(unsigned)legacy_number(l, i, "deaths", 0, UINT32_MAX),
			legacy_number(l, i, "until", 0, UINT64_MAX),
			legacy_number(l, i, "last", 0, UINT64_MAX),
		};
}

static bool take(struct legacy *l, const struct legacy_item *i,
    struct generation *g)
{
	g->number = (unsigned)legacy_number(l, i, "number", 1, UINT32_MAX);
	g->conf = read_conf(l, i, g->number);
	if (l->wrong[0] || !take_seats(l, i, g) || !take_outputs(l, i, g)
	    || !take_lobby(l, i, g))
		return false;
	g->state = (enum generation_state)legacy_number(l, i, "state",
	    GEN_RUNNING, GEN_ENDING);
	g->cache = cachearea_claim_number((unsigned)legacy_number(l, i,
	    "cache", 0, UINT32_MAX));
	g->drain_until = legacy_number(l, i, "drain_until", 0, UINT64_MAX);
	take_shift(l, "shift", g->number, &g->gates);
	take_shift(l, "relief", g->number, &g->relief);
	take_young(l, "young", g->number, &g->young);
	take_young(l, "young_gates", g->number, &g->gates_young);
	if (g->state == GEN_RUNNING && !privs_find(g->conf))
		return legacy_blame(l, "its user is unknown");
	return l->wrong[0] == '\0';
}

bool inherit_take(struct legacy *l)
{
	const struct legacy_item *i = NULL;

	for (int n = 0; (i = legacy_next(l, i, "generation")) != NULL; n++) {
		if (n == GENERATIONS)
			return legacy_blame(l, "there are too many "
			    "generations");
		wires_init(&generations[n].lobby);
		if (!take(l, i, &generations[n]))
			return false;
	}
	return true;
}
