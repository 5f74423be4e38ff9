/* SPDX-License-Identifier: BSD-2-Clause */
/* Seats: their area, what follows from the board, and sums over all. */
#include "shm/seats.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/board.h"
#include "shm/pool.h"
#include "shm/seat.h"
#include "shm/sticky.h"

#define OLDER_MOST (sizeof seats.older / sizeof seats.older[0])
#define BACKUP 0x10000u /* in a rank: above all priorities */

struct seats seats;

static void *cut(char **at, size_t size)
{
	char *here = *at;

	*at += (size + 63) & ~(size_t)63;
	return here;
}

/* Lays the parts out from `at`; the size of all. */
static size_t lay_out(struct seats *s, char *base)
{
	char *at = base;
	size_t n = s->n;

	s->head = cut(&at, sizeof *s->head);
	s->at = cut(&at, sizeof *s->at * n);
	s->pool = cut(&at, sizeof *s->pool * s->npools);
	s->current = cut(&at, sizeof *s->current * n);
	s->inflight = cut(&at, sizeof *s->inflight * n);
	s->share = cut(&at, sizeof *s->share * n);
	s->limit = cut(&at, sizeof *s->limit * n);
	s->rank = cut(&at, sizeof *s->rank * n);
	s->latency = cut(&at, sizeof *s->latency * n);
	return (size_t)(at - base);
}

static bool make_tables(struct seats *s, const struct conf *conf)
{
	s->backend = calloc(s->n + 1, sizeof *s->backend);
	s->sticky = calloc(s->n + 1, sizeof *s->sticky);
	if (s->backend == NULL || s->sticky == NULL)
		return false;
	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++) {
			const struct conf_backend *b
			    = &conf->pools[i].backends[k];
			MUST(b->index < s->n);
			s->backend[b->index] = b;
		}
	sticky_make(s);
	return true;
}

/* Their size. */
static size_t begin(struct seats *s, const struct conf *conf, uint16_t *row)
{
	static char nowhere[1];

	*s = (struct seats){.conf = conf, .row = row, .n = conf->nbackends,
	    .npools = conf->npools};
	return lay_out(s, nowhere) + 64;
}

static bool make(struct seats *s, const struct conf *conf)
{
	if (s->area.at && make_tables(s, conf)) {
		lay_out(s, s->area.at);
		return true;
	}
	s->row = NULL; /* the caller's still */
	seats_free(s);
	return false;
}

bool seats_attach(struct seats *s, const struct conf *conf, uint16_t *row,
    int fd)
{
	size_t size = begin(s, conf, row);

	s->area = area_attach(fd, size);
	s->area.fd = -1;
	if (!make(s, conf))
		return false;
	s->area.fd = fd;
	return true;
}

bool seats_create(struct seats *s, const struct conf *conf, uint16_t *row)
{
	size_t size = begin(s, conf, row);

	s->area = area_create("portico-seats", size);
	if (!make(s, conf))
		return false;
	for (unsigned i = 0; i < s->n; i++)
		s->latency[i] = atomic_load(&board.rows[row[i]].latency);
	budget_fill(s);
	return true;
}

void seats_free(struct seats *s)
{
	area_close(&s->area);
	for (unsigned i = 0; i < OLDER_MOST; i++)
		free((void *)(uintptr_t)s->older[i].index);
	free(s->backend);
	free(s->row);
	free(s->sticky);
	*s = (struct seats){0};
}

/* ---- Older families ---- */

static uint16_t *index_by_row(const struct seats *s)
{
	uint16_t *index = malloc(sizeof *index * BOARD_ROWS);

	for (unsigned row = 0; index && row < BOARD_ROWS; row++)
		index[row] = BOARD_NONE;
	for (unsigned i = 0; index && i < s->n; i++)
		index[s->row[i]] = (uint16_t)i;
	return index;
}

void seats_add_older(struct seats *s, const struct seats *older)
{
	uint16_t *index = malloc(sizeof *index * (s->n + 1));
	uint16_t *of_row = index_by_row(older);

	if (index == NULL || of_row == NULL)
		die("no memory to look at older families");
	if (s->nolder == OLDER_MOST) {
		free(index);
		free(of_row);
		return;
	}
	for (unsigned i = 0; i < s->n; i++)
		index[i] = of_row[s->row[i]];
	free(of_row);
	if (mprotect(older->area.at, older->area.size, PROT_READ) < 0)
		log_err("mprotect: %m");
	s->older[s->nolder++] = (struct seats_older){older->head,
	    older->inflight, index};
}

/* To the end with them: under a lock nothing is freed. */
void seats_forget_over(void)
{
	for (unsigned i = seats.nolder; i-- > 0; ) {
		struct seats_older gone = seats.older[i];
		if (!atomic_load_explicit(&gone.head->over,
		    memory_order_relaxed))
			continue;
		seats.older[i] = seats.older[--seats.nolder];
		seats.older[seats.nolder] = gone;
	}
}

/* ---- What follows from the board ---- */

#define WHOLE 10000

/* Of so many parts that it will get once it has been up for long: what it is
 * to get now. At least one percent, so that it can show that it works. */
static unsigned ramp(const struct conf_pool *pool, const struct board_row *row,
    uint64_t now)
{
	uint64_t up_at = atomic_load_explicit(&row->up_at,
	    memory_order_relaxed);
	uint64_t since = now > up_at ? now - up_at : 0;

	/* where there is nobody else it would only keep requests away */
	if (pool->nbackends == 1 || up_at == 0 || since >= pool->slow_start)
		return WHOLE;
	unsigned part = (unsigned)(since * WHOLE / pool->slow_start);
	return part > 100 ? part : 100;
}

static uint32_t part_of(uint32_t n, unsigned part)
{
	uint32_t some = (uint32_t)((uint64_t)n * part / WHOLE);

	return some ? some : 1;
}

/* It is to be ejected, and too many are already: the least that can be. Not
 * for longer than failures count: who is asked no more cannot show that it
 * works again. */
static bool is_failing(const struct conf_pool *pool,
    const struct board_row *row, uint64_t now)
{
	uint64_t first = atomic_load_explicit(&row->failed_at,
	    memory_order_relaxed);

	return pool->passive.failures
	    && atomic_load_explicit(&row->failures, memory_order_relaxed)
	    >= pool->passive.failures
	    && (now <= first || now - first <= pool->passive.window);
}

static void set(_Atomic uint32_t *at, uint32_t to)
{
	if (atomic_load_explicit(at, memory_order_relaxed) != to)
		atomic_store_explicit(at, to, memory_order_relaxed);
}

static uint32_t rank_of(const struct conf_backend *b,
    const struct board_row *row)
{
	uint32_t priority = b->srv ? atomic_load_explicit(&row->srv_priority,
	    memory_order_relaxed) & (BACKUP - 1) : 0;

	return (b->backup ? BACKUP : 0) | priority;
}

/* True if requests that b does not take yet have somewhere else to go: another
 * one of its kind has its whole part. */
static bool may_be_spared(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now)
{
	for (unsigned i = 0; i < pool->nbackends; i++) {
		const struct conf_backend *other = &pool->backends[i];

		if (other != b && other->backup == b->backup
		    && ramp(pool, board_of(other), now) == WHOLE
		    && board_weight(other)
		    && board_state(other, now) == BOARD_UP)
			return true;
	}
	return false;
}

static uint32_t limit_of(const struct conf_pool *pool,
    const struct conf_backend *b, unsigned part, uint64_t now)
{
	if (b->max_connections == 0)
		return UINT32_MAX;
	return part == WHOLE || !may_be_spared(pool, b, now)
	    ? b->max_connections : part_of(b->max_connections, part);
}

unsigned seats_started(const struct conf_backend *b, uint64_t now)
{
	return ramp(&seats.conf->pools[b->pool], board_of(b), now) / 100;
}

bool seats_refresh(const struct conf_backend *b, uint64_t now)
{
	const struct conf_pool *pool = &seats.conf->pools[b->pool];
	const struct board_row *row = board_of(b);
	enum board_state state = board_state(b, now);
	unsigned weight = board_weight(b), part = ramp(pool, row, now);
	bool failing = is_failing(pool, row, now);

	set(&seats.share[b->index], state != BOARD_UP || weight == 0 ? 0
	    : failing ? 1 : part_of(weight * 256, part));
	set(&seats.limit[b->index], limit_of(pool, b, part, now));
	set(&seats.rank[b->index], rank_of(b, row));
	return state == BOARD_EJECTED || (state == BOARD_UP
	    && (part < WHOLE || failing));
}

/* ---- Deaths and sums ---- */

/* The pools first: who takes their locks mends their seats. */
void seats_settle_locks(unsigned slot)
{
	for (unsigned i = 0; i < seats.npools; i++)
		if (lock_is_of(&seats.pool[i].lock, slot)) {
			pool_lock(&seats.conf->pools[i]);
			pool_unlock(&seats.conf->pools[i]);
		}
	for (unsigned i = 0; i < seats.n; i++)
		if (lock_is_of(&seats.at[i].lock, slot)) {
			seat_lock(i);
			seat_unlock(i);
		}
}

void seats_sum(uint32_t *inflight, uint32_t *idle)
{
	*inflight = *idle = 0;
	for (unsigned i = 0; i < seats.n; i++) {
		struct seat *s = seat_lock(i);
		*inflight += atomic_load(&seats.inflight[i]);
		*idle += s->nidle;
		seat_unlock(i);
	}
}
