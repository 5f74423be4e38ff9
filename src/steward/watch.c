/* SPDX-License-Identifier: BSD-2-Clause */
/* The watch over the board: what it says is made true, and told. */
#include "steward/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "shm/board.h"
#include "shm/seats.h"
#include "shm/slot.h"
#include "steward/deadlines.h"
#include "steward/figures.h"
#include "steward/probe.h"

#define LOOK_MS 1000
#define MOVES_MS 100
#define EJECTIONS_MOST 10

/* What the last look found: private to the steward. */
struct seen {
	bool known;
	enum board_state state;
	uint32_t order, version;
	uint64_t changed; /* of the row */
};

static const struct conf *conf;
static struct seen *seen; /* by conf_backend.index */
static uint64_t second_at; /* clock_ms */

void watch_init(const struct conf *of)
{
	free(seen);
	conf = of;
	seen = calloc(conf->nbackends + 1, sizeof *seen);
	if (seen == NULL)
		die("no memory to watch backends with");
	second_at = 0;
	figures_init(conf->nbackends);
}

bool watch_is_newest(void)
{
	return atomic_load(&board.head->newest)
	    == atomic_load(&slot_self->generation);
}

/* ---- Ejections ---- */

/* A worker may be ejecting it once more just now. */
static bool clear_ejection(struct board_row *row, uint64_t until)
{
	return until && atomic_compare_exchange_strong(&row->ejected_until,
	    &until, 0);
}

bool watch_end_ejection(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now, const char *why)
{
	struct board_row *row = board_of(b);
	char text[BOARD_WHY];
	uint32_t n = atomic_load(&row->ejections);
	uint64_t until = atomic_load(&row->ejected_until);
	uint64_t ms = (uint64_t)pool->passive.eject
	    * (n < EJECTIONS_MOST ? n : EJECTIONS_MOST);

	if (!clear_ejection(row, until))
		return false;
	if (until > now)
		snprintf(text, sizeof text, "back before its time: %s", why);
	else
		snprintf(text, sizeof text, "back after its ejection of %g s",
		    (double)ms / 1000);
	board_say_why(b, text);
	return true;
}

static void end_ejection(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now)
{
	uint64_t until = atomic_load(&board_of(b)->ejected_until);

	if (until && until <= now)
		watch_end_ejection(pool, b, now, NULL);
}

/* ---- Changes of state ---- */

static enum log_level level_of(const struct conf_pool *pool,
    enum board_state state, uint64_t now)
{
	if (state == BOARD_UP)
		return LOG_LEVEL_INFO;
	if (board_left(pool, now) == 0)
		return LOG_LEVEL_ERR;
	return state == BOARD_DRAINING ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;
}

/* The text of the row may be torn by its next writer, but not unended. */
static void read_why(const struct board_row *row, char to[BOARD_WHY])
{
	memcpy(to, row->why, BOARD_WHY);
	to[BOARD_WHY - 1] = '\0';
}

static void tell(const struct conf_pool *pool, const struct conf_backend *b,
    const struct seen *was, enum board_state state, uint64_t now)
{
	struct board_row *row = board_of(b);
	char why[BOARD_WHY] = "", what[BOARD_WHY + 32];

	if (atomic_load(&row->order) != was->order)
		board_say_why(b, "ordered");
	if (atomic_load(&row->changed) != was->changed)
		read_why(row, why);
	if (state == BOARD_EJECTED)
		return; /* the worker that did it has told */
	if (was->state == BOARD_EJECTED && state == BOARD_UP && why[0])
		snprintf(what, sizeof what, "%s", why);
	else
		snprintf(what, sizeof what, "%s%s%s", board_state_name(state),
		    why[0] ? ": " : "", why);
	board_tell(b, level_of(pool, state, now), what);
}

/* Whose word keeps it from having requests, if not that of its checks. */
static void say_who_wants_it(const struct conf_backend *b)
{
	struct board_row *row = board_of(b);
	uint32_t order = atomic_load(&row->order);

	if (order == ORDER_DRAIN || order == ORDER_DOWN)
		board_say_why(b, "ordered");
	else if (order == ORDER_NONE && b->state != CONF_UP)
		board_say_why(b, "the file says so");
}

/* An order that changes nothing for now: the last reason would be a lie. */
static void tell_vain_order(const struct conf_pool *pool,
    const struct conf_backend *b, enum board_state state, uint64_t now)
{
	char what[64];

	if (!board_may_try(b)) {
		say_who_wants_it(b);
		return;
	}
	if (state != BOARD_DOWN)
		return;
	board_say_why(b, "enabled, but its checks fail");
	snprintf(what, sizeof what, "%s: enabled, but its checks fail",
	    board_state_name(state));
	board_tell(b, level_of(pool, state, now), what);
}

/* Who was away is given its share little by little: at a start nobody was. */
static void note_return(const struct conf_backend *b, enum board_state was,
    enum board_state is, uint64_t now)
{
	if (is == BOARD_UP && (was == BOARD_DOWN || was == BOARD_EJECTED))
		atomic_store(&board_of(b)->up_at, now);
}

static void remember(struct seen *s, const struct board_row *row,
    enum board_state state)
{
	s->known = true;
	s->state = state;
	s->order = atomic_load(&row->order);
	s->version = atomic_load(&row->version);
	s->changed = atomic_load(&row->changed);
}

/* A worker had its doubts, or it is somewhere else now, or good checks may
 * end its ejection. */
static bool wants_check(const struct seen *s, const struct board_row *row,
    enum board_state state)
{
	return atomic_load(&row->suspect)
	    || (s->known && (atomic_load(&row->version) != s->version
	    || (state == BOARD_EJECTED && s->state != BOARD_EJECTED)));
}

/* What the file takes out is told once in a generation. */
static void tell_of_file(const struct conf_pool *pool,
    const struct conf_backend *b, enum board_state state, uint64_t now)
{
	char what[80];

	if (b->state == CONF_UP || state == BOARD_UP
	    || atomic_load(&board_of(b)->order) != ORDER_NONE)
		return;
	snprintf(what, sizeof what, "%s: the file says so",
	    board_state_name(state));
	board_tell(b, level_of(pool, state, now), what);
}

static void look_as_newest(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now)
{
	struct seen *s = &seen[b->index];
	struct board_row *row = board_of(b);

	end_ejection(pool, b, now);
	enum board_state state = board_state(b, now);
	if (!s->known)
		tell_of_file(pool, b, state, now);
	if (s->known && state != s->state) {
		note_return(b, s->state, state, now);
		tell(pool, b, s, state, now);
	} else if (s->known && atomic_load(&row->order) != s->order) {
		tell_vain_order(pool, b, state, now);
	} else if (!s->known && atomic_load(&row->since) == 0) {
		say_who_wants_it(b);
	}
	if (wants_check(s, row, state))
		probe_hurry(b, now);
	remember(s, row, state);
}

/* True if it has to be looked at again soon. */
static bool look_at(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now, bool newest)
{
	if (newest)
		look_as_newest(pool, b, now);
	else
		seen[b->index].known = false;
	bool moves = seats_refresh(b, now);
	return moves || atomic_load(&board_of(b)->ejected_until) > now;
}

static bool serve_queue(const struct conf_pool *pool, uint64_t now)
{
	_Atomic uint32_t *length = &seats.pool[pool->index].length;

	if (atomic_load(length) == 0)
		return false;
	queue_serve(pool);
	/* who comes may be taken elsewhere */
	if ((pool->fallback || pool->try_when_down)
	    && board_left(pool, now) == 0)
		deadlines_call(pool);
	return atomic_load(length) > 0;
}

static bool look_at_pool(const struct conf_pool *pool, uint64_t now,
    bool newest)
{
	bool moves = false;

	for (unsigned i = 0; i < pool->nbackends; i++)
		moves = look_at(pool, &pool->backends[i], now, newest)
		    || moves;
	return serve_queue(pool, now) || moves;
}

static bool has_older(void)
{
	for (unsigned i = 0; i < seats.nolder; i++)
		if (!atomic_load(&seats.older[i].head->over))
			return true;
	return false;
}

uint64_t watch_look(uint64_t now)
{
	bool newest = watch_is_newest(), moves = has_older();

	for (unsigned i = 0; i < conf->npools; i++)
		moves = look_at_pool(&conf->pools[i], now, newest) || moves;
	if (now >= second_at) {
		figures_keep(conf, now, newest);
		second_at = now + LOOK_MS;
	}
	return moves && now + MOVES_MS < second_at ? now + MOVES_MS
	    : second_at;
}

void watch_changed(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now)
{
	look_at(pool, b, now, true);
	serve_queue(pool, now);
}
