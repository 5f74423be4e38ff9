/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures that grow old: rates, latencies, budgets. */
#include "steward/figures.h"

#include <stdlib.h>

#include "base/log.h"
#include "shm/board.h"
#include "shm/seats.h"

#define HALVE_MS 30000
#define SINK 8 /* a part of so many each second */

/* What was counted a second ago. */
struct counted {
	uint64_t attempts, answers;
};

static struct counted *counted; /* by conf_backend.index */
static uint64_t counted_at, halve_at; /* clock_ms; 0: not yet */

void figures_init(unsigned nbackends)
{
	free(counted);
	counted = calloc(nbackends + 1, sizeof *counted);
	if (counted == NULL)
		die("no memory for figures");
	counted_at = halve_at = 0;
}

static uint64_t answers_of(const struct board_row *row)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 6; i++)
		sum += atomic_load_explicit(&row->answers[i],
		    memory_order_relaxed);
	return sum;
}

/* A worker that writes a new average at the same time is right. */
static void sink(_Atomic uint32_t *latency)
{
	uint32_t us = atomic_load(latency);

	if (us >= SINK)
		atomic_compare_exchange_strong(latency, &us, us - us / SINK);
}

static void halve(struct board_row *row)
{
	for (unsigned i = 0; i < BOARD_BUCKETS; i++) {
		uint32_t n = atomic_load(&row->latencies[i]);
		if (n)
			atomic_fetch_sub(&row->latencies[i], n - n / 2);
	}
}

static void say_rate(struct board_row *row, uint64_t n, uint64_t ms)
{
	uint64_t rate = (n * 10000 + ms / 2) / ms;

	atomic_store(&row->rate, rate < UINT32_MAX ? (uint32_t)rate
	    : UINT32_MAX);
}

static void keep(const struct conf_backend *b, uint64_t ms, bool newest,
    bool halves)
{
	struct board_row *row = board_of(b);
	struct counted *was = &counted[b->index], is = {
	    .attempts = atomic_load(&row->attempts),
	    .answers = answers_of(row)};

	if (ms && is.answers == was->answers)
		sink(&seats.latency[b->index]);
	if (ms && newest && is.attempts >= was->attempts)
		say_rate(row, is.attempts - was->attempts, ms);
	if (halves && newest)
		halve(row);
	*was = is;
}

void figures_keep(const struct conf *conf, uint64_t now, bool newest)
{
	uint64_t ms = counted_at ? now - counted_at : 0;
	bool halves = halve_at && now >= halve_at;

	for (unsigned i = 0; i < conf->npools; i++) {
		const struct conf_pool *pool = &conf->pools[i];
		budget_lift(pool);
		for (unsigned k = 0; k < pool->nbackends; k++)
			keep(&pool->backends[k], ms, newest, halves);
	}
	counted_at = now;
	if (halves || halve_at == 0)
		halve_at = now + HALVE_MS;
}
