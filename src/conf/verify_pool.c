/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools as a whole, and beside each other. */
#include "conf/verify_pool.h"

#include <stdlib.h>

#include "conf/circle.h"
#include "conf/heap.h"
#include "conf/load.h"
#include "conf/members.h"

#define WAY_MOST 8 /* pools of a circle that are named */

static int by_name(const void *a, const void *b)
{
	const struct conf_backend *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : *x < *y ? -1 : *x > *y;
}

/* After changes at run time a backend may have no line of its own. */
static unsigned line_of(const struct load *l, const struct conf_pool *pool,
    const struct conf_backend *b)
{
	unsigned line = load_line(l, b);

	return line ? line : load_line(l, pool);
}

/* Logs, commands and the board know a backend by its name. */
static void verify_names(struct load *l, const struct conf_pool *pool)
{
	const struct conf_backend **all = calloc(pool->nbackends + 1,
	    sizeof(const struct conf_backend *));
	unsigned n = 0;

	if (all == NULL)
		die("out of memory");
	for (unsigned i = 0; i < pool->nbackends; i++)
		if (pool->backends[i].name && pool->backends[i].member == 0)
			all[n++] = &pool->backends[i];
	qsort(all, n, sizeof *all, by_name);
	for (unsigned i = 1; i < n; i++)
		if (strcmp(all[i - 1]->name, all[i]->name) == 0)
			report_error(&l->report, line_of(l, pool, all[i]),
			    "pool \"%s\" has two backends \"%s\"; give each "
			    "a name of its own", pool->name, all[i]->name);
	free(all);
}

/* What the readers of single keys cannot know. */
static void fill_pool(struct conf_pool *pool)
{
	if (pool->health.interval_down == 0)
		pool->health.interval_down = pool->health.interval;
	for (unsigned i = 0; i < pool->nbackends; i++) {
		const struct conf_backend *b = &pool->backends[i];
		pool->limited |= b->max_connections > 0;
		pool->ranked |= b->backup || b->srv;
	}
}

static void verify_weights(struct load *l, const struct conf_pool *pool)
{
	unsigned weight = 0;

	for (unsigned i = 0; i < pool->nbackends; i++)
		weight += pool->backends[i].weight;
	if (pool->nbackends && weight == 0 && l->report.errors == 0)
		report_warning(&l->report, load_line(l, pool), "every "
		    "backend of pool \"%s\" has the weight 0: none will be "
		    "used%s", pool->name, pool->sticky.cookie.n
		    ? " for new clients" : "");
}

static void verify_health(struct load *l, const struct conf_pool *pool)
{
	unsigned line = load_line(l, pool);

	if (!pool->health.on || l->report.errors)
		return;
	if (pool->health.timeout > pool->health.interval)
		report_warning(&l->report, line, "\"timeout\" in health of "
		    "pool \"%s\" is longer than \"interval\": a backend "
		    "that hangs is checked less often", pool->name);
	if (pool->health.path.n == 0 && (pool->health.drain_on_404
	    || pool->health.body_re.text))
		report_warning(&l->report, line, "health of pool \"%s\" has "
		    "no \"path\": nothing is asked, and so no answer is "
		    "looked at", pool->name);
}

static void verify_queue(struct load *l, const struct conf_pool *pool)
{
	if (pool->queue.length && !pool->limited && l->report.errors == 0)
		report_warning(&l->report, load_line(l, pool), "pool \"%s\" "
		    "has a queue, but none of its backends has "
		    "\"max_connections\": nobody will wait in it",
		    pool->name);
}

/* "a, b, a", shortened where it is long. */
static const char *describe_way(struct load *l, const struct conf_pool *pool)
{
	const struct conf_pool *next = pool->fallback;
	const char *way = pool->name;

	for (unsigned i = 0; i < WAY_MOST && next != pool; i++) {
		way = heap_printf(l->conf, "%s, %s", way, next->name);
		next = next->fallback;
	}
	return heap_printf(l->conf, "%s, %s%s", way, next == pool ? ""
	    : "..., ", pool->name);
}

/* Of the pools in a circle the first in the file is the one that is told. */
static void verify_fallback(struct load *l, const struct conf_pool *pool)
{
	const struct conf_pool *next = pool->fallback;

	for (unsigned i = 0; next && i < l->conf->npools; i++) {
		if (next->index < pool->index)
			return;
		if (next == pool) {
			report_error(&l->report, load_line(l, pool), "the "
			    "\"fallback\" of pool \"%s\" leads back to it: %s",
			    pool->name, describe_way(l, pool));
			return;
		}
		next = next->fallback;
	}
}

void verify_pools(struct load *l)
{
	members_index(l->conf);
	for (unsigned i = 0; i < l->conf->npools; i++) {
		struct conf_pool *pool = &l->conf->pools[i];
		fill_pool(pool);
		verify_weights(l, pool);
		verify_names(l, pool);
		verify_health(l, pool);
		verify_queue(l, pool);
		verify_fallback(l, pool);
		if (pool->balance == BALANCE_HASH && l->report.errors == 0)
			circle_build(l->conf, pool);
	}
}
