/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans: the loops over a pool's backends, which vectorise. */
#include "shm/scan.h"

#include <float.h>

#include "base/log.h"
#include "shm/board.h"
#include "shm/seat.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#define BLOCK 32u

/* Other processes write single words of what is read here; each stands for
 * itself, and one that is a little old does no harm. Atomic loads would be
 * made one by one. */
#define RACY __attribute__((no_sanitize("thread")))

static _Thread_local struct scan the_scan;

/* The dense words of a pool, without _Atomic. */
static const uint32_t *words(const _Atomic uint32_t *of, unsigned first)
{
	return (const uint32_t *)(const void *)(of + first);
}

RACY
static void read_words(struct scan *s)
{
	const uint32_t *share = words(seats.share, s->first);
	const uint32_t *load = words(seats.inflight, s->first);

	for (unsigned i = 0; i < s->n; i++) {
		s->share[i] = share[i];
		s->load[i] = load[i];
	}
}

static void add_older(struct scan *s)
{
	if (seats.nolder == 0)
		return;
	for (unsigned i = 0; i < s->n; i++)
		s->load[i] += seat_older(s->first + i);
}

static void pass_over(struct scan *s, const uint16_t *tried, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (tried[i] >= s->first && tried[i] - s->first < s->n)
			s->share[tried[i] - s->first] = 0;
}

/* Which of those with a share are below their limit. */
RACY
static void open_some(struct scan *s)
{
	const uint32_t *limit = words(seats.limit, s->first);
	uint32_t up = 0, open = 0, full = 0;

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t share = s->share[i];
		uint32_t mine = s->load[i] < limit[i] ? share : 0;
		s->open_share[i] = mine;
		up |= share;
		open |= mine;
		full |= share ^ mine;
	}
	s->up = up != 0;
	s->open = open != 0;
	s->full = full != 0;
}

static struct scan *begin(const struct conf_pool *pool)
{
	struct scan *s = &the_scan;

	MUST(pool->nbackends > 0 && pool->nbackends <= SCAN_MOST);
	s->pool = pool;
	s->first = pool->backends[0].index;
	s->n = pool->nbackends;
	read_words(s);
	add_older(s);
	return s;
}

struct scan *scan_pool(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried)
{
	struct scan *s = begin(pool);

	pass_over(s, tried, ntried);
	open_some(s);
	return s;
}

struct scan *scan_down(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried)
{
	struct scan *s = begin(pool);

	for (unsigned i = 0; i < s->n; i++) {
		const struct conf_backend *b = &pool->backends[i];
		s->share[i] = board_may_try(b) ? 256 * board_weight(b) : 0;
	}
	pass_over(s, tried, ntried);
	open_some(s);
	return s;
}

/* ---- Ranks ---- */

/* From `from` on; UINT32_MAX: none is up. */
RACY
static uint32_t least_rank(const struct scan *s, uint32_t from)
{
	const uint32_t *rank = words(seats.rank, s->first);
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t mine = s->share[i] && rank[i] >= from ? rank[i]
		    : UINT32_MAX;
		least = mine < least ? mine : least;
	}
	return least;
}

RACY
static void leave_rank(struct scan *s, uint32_t only)
{
	const uint32_t *rank = words(seats.rank, s->first);

	for (unsigned i = 0; i < s->n; i++)
		s->share[i] = rank[i] == only ? s->share[i] : 0;
}

static bool rank_from(struct scan *s, uint32_t from)
{
	s->rank = least_rank(s, from);
	leave_rank(s, s->rank);
	open_some(s);
	return s->up;
}

bool scan_rank(struct scan *s)
{
	if (!s->pool->ranked || !s->up)
		return s->up;
	return rank_from(s, 0);
}

bool scan_worse(struct scan *s, const uint16_t *tried, unsigned ntried)
{
	uint32_t rank = s->rank;

	if (!s->pool->ranked)
		return false;
	read_words(s);
	add_older(s);
	pass_over(s, tried, ntried);
	return rank_from(s, rank + 1);
}

/* ---- Turns ---- */

/* Each round everyone gains his share; the richest one is picked and pays what
 * all gained together. So 5:1:1 gives a a b a c a a. */
static int32_t gain(struct scan *s)
{
	int32_t *current = &seats.current[s->first];
	uint32_t sum = 0;

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t share = s->open_share[i];
		int32_t now = (int32_t)((uint32_t)current[i] + share);
		current[i] = now;
		s->key[i] = share ? now : INT32_MIN;
		sum += share;
	}
	return (int32_t)sum;
}

/* The block first: to look for the place is what does not vectorise. */
static unsigned find_most(const int32_t *key, unsigned n)
{
	int32_t most = INT32_MIN;
	unsigned at = 0;

	for (unsigned from = 0; from < n; from += BLOCK) {
		unsigned end = from + BLOCK < n ? from + BLOCK : n;
		int32_t here = INT32_MIN;
		for (unsigned i = from; i < end; i++)
			here = key[i] > here ? key[i] : here;
		if (here > most) {
			most = here;
			at = from;
		}
	}
	while (at < n - 1 && key[at] != most)
		at++;
	return at;
}

unsigned scan_turn(struct scan *s)
{
	int32_t sum = gain(s);
	unsigned at = find_most(s->key, s->n);

	seats.current[s->first + at] -= sum;
	return at;
}

/* ---- The least ---- */

static void score(struct scan *s)
{
	for (unsigned i = 0; i < s->n; i++)
		s->score[i].f = s->open_share[i]
		    ? (float)(int32_t)(s->load[i] + 1)
		    / (float)(int32_t)s->open_share[i] : FLT_MAX;
}

static void multiply(struct scan *s, const uint32_t *factor)
{
	for (unsigned i = 0; i < s->n; i++)
		s->score[i].f = s->open_share[i]
		    ? s->score[i].f * (float)factor[i] : FLT_MAX;
}

static void leave_least(struct scan *s)
{
	int32_t least = INT32_MAX;

	for (unsigned i = 0; i < s->n; i++)
		least = s->score[i].i < least ? s->score[i].i : least;
	for (unsigned i = 0; i < s->n; i++)
		s->open_share[i] = s->score[i].i == least
		    ? s->open_share[i] : 0;
}

void scan_least(struct scan *s, const uint32_t *factor)
{
	score(s);
	if (factor)
		multiply(s, factor);
	leave_least(s);
}

/* ---- Sums ---- */

uint64_t scan_shares(const struct scan *s)
{
	uint32_t sum = 0; /* 4096 x 256 x 256 at most */

	for (unsigned i = 0; i < s->n; i++)
		sum += s->open_share[i];
	return sum;
}

uint64_t scan_loads(const struct scan *s)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < s->n; i++)
		sum += s->open_share[i] ? s->load[i] : 0;
	return sum;
}
