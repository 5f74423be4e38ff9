/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans: the loops over a pool's backends, which vectorise. */
#include "shm/scan.h"

#include "base/log.h"
#include "shm/board.h"
#include "shm/seat.h"

/* Loops without branches, over plain words, in blocks whose best is noted: to
 * look for its place is what does not vectorise. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "no-tree-loop-distribute-patterns")
#endif

/* Other processes write single words of what is read here; each stands for
 * itself, and one that is a little old does no harm. Atomic loads would be
 * made one by one. */
#define RACY __attribute__((no_sanitize("thread")))

/* Twice as fast where the machine has wide registers. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

static _Thread_local struct scan the_scan;

/* The dense words of a pool, without _Atomic. */
static const uint32_t *words(const _Atomic uint32_t *of, unsigned first)
{
	return (const uint32_t *)(const void *)(of + first);
}

/* All bits, if it is so. */
static inline uint32_t mask(bool so)
{
	return 0 - (uint32_t)so;
}

static inline unsigned end_of_block(unsigned from, unsigned n)
{
	return from + SCAN_BLOCK < n ? from + SCAN_BLOCK : n;
}

/* ---- Which may be picked ---- */

/* Which of those with a share are below their limit. */
RACY WIDE
static void open_all(struct scan *s, const uint32_t *restrict share,
    const uint32_t *restrict load, const uint32_t *restrict limit)
{
	uint32_t up = 0, open = 0;

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t mine = share[i] & mask(load[i] < limit[i]);
		s->load[i] = load[i];
		s->share[i] = mine;
		up |= share[i];
		open |= mine;
	}
	s->up = up != 0;
	s->open = open != 0;
}

/* Where each backend has to be looked at by itself. */
struct filter {
	uint32_t share[SCAN_MOST], load[SCAN_MOST];
};

static _Thread_local struct filter the_filter;

static void open_filtered(struct scan *s)
{
	open_all(s, the_filter.share, the_filter.load,
	    words(seats.limit, s->first));
}

RACY
static void copy_words(uint32_t *restrict to, const uint32_t *restrict from,
    unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = from[i];
}

static void read_words(const struct scan *s, const uint16_t *tried, unsigned n)
{
	struct filter *f = &the_filter;

	copy_words(f->load, words(seats.inflight, s->first), s->n);
	for (unsigned i = 0; seats.nolder && i < s->n; i++)
		f->load[i] += seat_older(s->first + i);
	for (unsigned i = 0; i < n; i++)
		if (tried[i] >= s->first && tried[i] - s->first < s->n)
			f->share[tried[i] - s->first] = 0;
}

static struct scan *begin(const struct conf_pool *pool)
{
	struct scan *s = &the_scan;

	MUST(pool->nbackends > 0 && pool->nbackends <= SCAN_MOST);
	s->pool = pool;
	s->first = pool->backends[0].index;
	s->n = pool->nbackends;
	MUST(s->first + s->n <= seats.n);
	if (seats.nolder) /* once they are over, scans are fast again */
		seats_forget_over();
	return s;
}

static void filter(struct scan *s, const uint16_t *tried, unsigned n)
{
	copy_words(the_filter.share, words(seats.share, s->first), s->n);
	read_words(s, tried, n);
}

/* ---- Ranks ---- */

/* Of those that are up, from `from` on; UINT32_MAX: none is. */
RACY
static uint32_t best_rank(const struct scan *s, uint32_t from)
{
	const uint32_t *rank = words(seats.rank, s->first);
	uint32_t best = UINT32_MAX;

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t mine = rank[i] | mask(the_filter.share[i] == 0
		    || rank[i] < from);
		best = mine < best ? mine : best;
	}
	return best;
}

RACY
static void leave_rank(const struct scan *s)
{
	const uint32_t *rank = words(seats.rank, s->first);

	for (unsigned i = 0; i < s->n; i++)
		the_filter.share[i] &= mask(rank[i] == s->rank);
}

static void open_rank(struct scan *s, uint32_t from)
{
	s->rank = best_rank(s, from);
	leave_rank(s);
	open_filtered(s);
}

bool scan_worse(struct scan *s, const uint16_t *tried, unsigned ntried)
{
	if (!s->pool->ranked || s->rank == UINT32_MAX)
		return false;
	filter(s, tried, ntried);
	open_rank(s, s->rank + 1);
	return s->up;
}

struct scan *scan_pool(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried)
{
	struct scan *s = begin(pool);

	if (!pool->ranked && ntried == 0 && seats.nolder == 0) {
		open_all(s, words(seats.share, s->first),
		    words(seats.inflight, s->first),
		    words(seats.limit, s->first));
		return s;
	}
	filter(s, tried, ntried);
	if (pool->ranked)
		open_rank(s, 0);
	else
		open_filtered(s);
	return s;
}

struct scan *scan_down(const struct conf_pool *pool, const uint16_t *tried,
    unsigned ntried)
{
	struct scan *s = begin(pool);

	for (unsigned i = 0; i < s->n; i++) {
		const struct conf_backend *b = &pool->backends[i];
		the_filter.share[i] = board_may_try(b)
		    ? 256 * board_weight(b) : 0;
	}
	read_words(s, tried, ntried);
	open_filtered(s);
	return s;
}

bool scan_is_up(const struct conf_pool *pool, unsigned backend)
{
	if (atomic_load_explicit(&seats.share[backend], memory_order_relaxed)
	    == 0)
		return false;
	if (!pool->ranked)
		return true;
	struct scan *s = begin(pool);
	filter(s, NULL, 0);
	return best_rank(s, 0) == atomic_load_explicit(&seats.rank[backend],
	    memory_order_relaxed);
}

/* ---- Turns ---- */

/* Each round everyone gains his share; the richest one is picked and pays what
 * all gained together. So 5:1:1 gives a a b a c a a. */
WIDE
static uint32_t gain(struct scan *s, int32_t *restrict current)
{
	uint32_t sum = 0;

	for (unsigned from = 0; from < s->n; from += SCAN_BLOCK) {
		unsigned end = end_of_block(from, s->n);
		int32_t best = INT32_MIN;
		for (unsigned i = from; i < end; i++) {
			uint32_t share = s->share[i];
			int32_t now = (int32_t)((uint32_t)current[i] + share);
			uint32_t may = mask(share != 0);
			int32_t key = (int32_t)(((uint32_t)now & may)
			    | (0x80000000u & ~may));
			current[i] = now;
			sum += share;
			best = key > best ? key : best;
		}
		s->best[from / SCAN_BLOCK] = (uint32_t)best;
	}
	return sum;
}

static unsigned find_richest(const struct scan *s, const int32_t *current)
{
	unsigned block = 0;

	for (unsigned k = 1; k * SCAN_BLOCK < s->n; k++)
		if ((int32_t)s->best[k] > (int32_t)s->best[block])
			block = k;
	unsigned i = block * SCAN_BLOCK, end = end_of_block(i, s->n);
	while (i < end - 1 && !(s->share[i]
	    && current[i] == (int32_t)s->best[block]))
		i++;
	return i;
}

unsigned scan_turn(struct scan *s)
{
	int32_t *current = &seats.current[s->first];
	uint32_t sum = gain(s, current);
	unsigned i = find_richest(s, current);

	current[i] = (int32_t)((uint32_t)current[i] - sum);
	return i;
}

/* ---- The least ---- */

WIDE
static void score_loads(struct scan *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		uint32_t share = s->share[i];
		s->score.f[i] = (float)(int32_t)(s->load[i] + 1)
		    / (float)(int32_t)(share | (share == 0));
	}
}

RACY WIDE
static void score_times(struct scan *s, const uint32_t *restrict latency,
    uint32_t unknown)
{
	for (unsigned i = 0; i < s->n; i++) {
		uint32_t share = s->share[i];
		uint32_t us = latency[i] | (unknown & mask(latency[i] == 0));
		s->score.f[i] = (float)(int32_t)(s->load[i] + 1)
		    * (float)(int32_t)(us & INT32_MAX)
		    / (float)(int32_t)(share | (share == 0));
	}
}

WIDE
static int32_t least_score(struct scan *s)
{
	int32_t least = INT32_MAX;

	for (unsigned from = 0; from < s->n; from += SCAN_BLOCK) {
		unsigned end = end_of_block(from, s->n);
		int32_t here = INT32_MAX;
		for (unsigned i = from; i < end; i++) {
			int32_t mine = s->score.i[i]
			    | (int32_t)(mask(s->share[i] == 0) >> 1);
			s->score.i[i] = mine;
			here = mine < here ? mine : here;
		}
		s->best[from / SCAN_BLOCK] = (uint32_t)here;
		least = here < least ? here : least;
	}
	return least;
}

/* The first one with that score from `from` on; n: there is none. */
static unsigned find_score(const struct scan *s, int32_t score, unsigned from)
{
	for (unsigned i = from; i < s->n; ) {
		unsigned end = end_of_block(i / SCAN_BLOCK * SCAN_BLOCK, s->n);
		if ((int32_t)s->best[i / SCAN_BLOCK] == score)
			for (; i < end; i++)
				if (s->score.i[i] == score)
					return i;
		i = end;
	}
	return s->n;
}

unsigned scan_least(struct scan *s, const _Atomic uint32_t *latency,
    uint32_t unknown)
{
	uint32_t *turn = &seats.pool[s->pool->index].turn;

	if (latency)
		score_times(s, words(latency, s->first), unknown);
	else
		score_loads(s);
	int32_t least = least_score(s);
	unsigned i = find_score(s, least, *turn);
	if (i == s->n)
		i = find_score(s, least, 0);
	MUST(i < s->n);
	*turn = i + 1;
	return i;
}

/* ---- Sums ---- */

RACY WIDE
static uint32_t count_known(const struct scan *s,
    const uint32_t *restrict latency, uint64_t *sum)
{
	uint32_t known = 0;

	for (unsigned i = 0; i < s->n; i++) {
		uint32_t us = latency[i] & mask(s->share[i] != 0);
		known += us != 0;
		*sum += us;
	}
	return known;
}

uint32_t scan_average(const struct scan *s, const _Atomic uint32_t *latency)
{
	uint64_t sum = 0;
	uint32_t known = count_known(s, words(latency, s->first), &sum);

	return known && sum >= known ? (uint32_t)(sum / known) : 1;
}

WIDE
void scan_sums(const struct scan *s, uint32_t *shares, uint32_t *loads)
{
	uint32_t sum = 0, load = 0; /* 4096 x 256 x 256 at most */

	for (unsigned i = 0; i < s->n; i++) {
		sum += s->share[i];
		load += s->load[i] & mask(s->share[i] != 0);
	}
	*shares = sum;
	*loads = load;
}

WIDE
static void sum_blocks(struct scan *s)
{
	for (unsigned from = 0; from < s->n; from += SCAN_BLOCK) {
		unsigned end = end_of_block(from, s->n);
		uint32_t sum = 0;
		for (unsigned i = from; i < end; i++)
			sum += s->share[i];
		s->best[from / SCAN_BLOCK] = sum;
	}
}

unsigned scan_find(struct scan *s, uint32_t at)
{
	unsigned block = 0;

	sum_blocks(s);
	for (; at >= s->best[block]; block++)
		at -= s->best[block];
	unsigned i = block * SCAN_BLOCK;
	for (; at >= s->share[i]; i++)
		at -= s->share[i];
	MUST(i < s->n);
	return i;
}
