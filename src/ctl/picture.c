/* SPDX-License-Identifier: BSD-2-Clause */
/* What "top" shows of a look, as lines. */
#include "ctl/picture.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "ctl/certificate.h"
#include "ctl/detail.h"
#include "ctl/list.h"
#include "ctl/show.h"
#include "ctl/table.h"

/* Lines that are no pools and no backends: three at the top, an empty one
 * and a heading for each table, the keys. */
#define OTHER_LINES 8

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* A pool or a backend, with what it is sorted by. */
struct entry {
	struct figures figures;
	const void *what;
	int64_t key;
	unsigned place; /* in the master's order */
};

static const struct {
	const char *name;
	size_t at;
} sorts[] = {
	[PICTURE_RATE] = {"rate", offsetof(struct figures, rate_x10)},
	[PICTURE_IN_FLIGHT] = {"in flight",
		offsetof(struct figures, in_flight)},
	[PICTURE_P95] = {"p95", offsetof(struct figures, p95_us)},
	[PICTURE_ERRORS] = {"errors", offsetof(struct figures, errors_x10)},
};

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static struct entry *room_for(unsigned n)
{
	struct entry *entries = calloc(n + 1, sizeof *entries);

	if (entries == NULL)
		die("out of memory");
	return entries;
}

static void sort(const struct picture *p, struct entry *entries, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		entries[i].place = i;
		memcpy(&entries[i].key, (const char *)&entries[i].figures
		    + sorts[p->sort].at, sizeof entries[i].key);
	}
	qsort(entries, n, sizeof *entries, by_key);
}

static struct entry *sort_pools(const struct picture *p)
{
	const struct status *s = &p->now->status;
	struct entry *entries = room_for(s->npools);

	for (unsigned i = 0; i < s->npools; i++) {
		entries[i].what = &s->pools[i];
		entries[i].figures = look_pool(p->now, p->before,
		    &s->pools[i]);
	}
	sort(p, entries, s->npools);
	return entries;
}

static struct entry *sort_backends(const struct picture *p)
{
	const struct status *s = &p->now->status;
	struct entry *entries = room_for(s->nbackends);

	for (unsigned i = 0; i < s->nbackends; i++) {
		entries[i].what = &s->backends[i];
		entries[i].figures = look_backend(p->now, p->before,
		    &s->backends[i]);
	}
	sort(p, entries, s->nbackends);
	return entries;
}

/* A line of our own, cut where the terminal ends. */
static void put_line(const struct picture *p, FILE *to, const char *text)
{
	struct table t;

	table_init(&t, "l");
	table_str(&t, text);
	table_row(&t, 0, p->columns, to);
	table_fini(&t);
	putc('\n', to);
}

static int cut(struct slice s)
{
	return s.n < 64 ? (int)s.n : 64;
}

static void put_master(const struct picture *p, FILE *to)
{
	const struct status *s = &p->now->status;
	char span[SHOW_BYTES], text[256];
	unsigned live = 0;

	for (unsigned i = 0; i < s->nroles; i++)
		live += s->roles[i].live;
	snprintf(text, sizeof text, "portico %.*s, generation %" PRId64
	    ", up %s, %u processes%s%s%s", cut(s->version), s->version.p,
	    s->generation, show_span(span, s->uptime_ms / 1000), live,
	    s->reloading ? ", reloading" : "",
	    certificate_any_ends_soon(s) ? ", a certificate ends soon" : "",
	    p->paused ? ", PAUSED" : "");
	put_line(p, to, text);
}

static void put_totals(const struct picture *p, FILE *to,
    const struct entry *pools)
{
	const struct status *s = &p->now->status;
	int64_t rate = 0, in_flight = 0, queued = 0, connections = 0;
	char text[256], number[SHOW_BYTES];

	for (unsigned i = 0; i < s->npools; i++) {
		rate += pools[i].figures.rate_x10;
		in_flight += s->pools[i].in_flight;
		queued += s->pools[i].queued;
	}
	for (unsigned i = 0; i < s->ngenerations; i++)
		connections += s->generations[i].connections;
	snprintf(text, sizeof text, "%s requests/s, %" PRId64 " in flight, %"
	    PRId64 " queued, %" PRId64 " connections",
	    show_tenths(number, rate), in_flight, queued, connections);
	put_line(p, to, text);
}

/* The heading and the rows; one that is not as it should be is painted. */
static void put_table(const struct picture *p, FILE *to,
    const struct table *t, const char *const *paint)
{
	putc('\n', to);
	for (unsigned i = 0; i < table_rows(t); i++) {
		const char *paint_now = p->colours ? paint[i] : NULL;

		if (paint_now)
			fputs(paint_now, to);
		table_row(t, i, p->columns, to);
		if (paint_now)
			fputs(PLAIN, to);
		putc('\n', to);
	}
}

static const char **paint_room(unsigned rows)
{
	const char **paint = calloc(rows + 1, sizeof(const char *));

	if (paint == NULL)
		die("out of memory");
	paint[0] = BOLD;
	return paint;
}

static void put_pools(const struct picture *p, FILE *to,
    const struct entry *pools, unsigned n)
{
	const char **paint = paint_room(n);
	char text[SHOW_BYTES * 2];
	struct table t;

	table_init(&t, "lrrrrrr");
	table_str(&t, "POOL");
	table_str(&t, "UP");
	table_str(&t, "RATE");
	table_str(&t, "IN FLIGHT");
	table_str(&t, "QUEUED");
	table_str(&t, "P95");
	table_str(&t, "ERRORS/S");
	for (unsigned i = 0; i < n; i++) {
		const struct status_pool *pool = pools[i].what;

		paint[i + 1] = pool->up == 0 ? RED
		    : pool->queued ? YELLOW : NULL;
		table_put(&t, pool->name);
		snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, pool->up,
		    pool->nbackends);
		table_str(&t, text);
		table_str(&t, show_tenths(text, pools[i].figures.rate_x10));
		table_number(&t, pool->in_flight);
		table_str(&t, show_of(text, pool->queued,
		    pool->queue_length));
		table_str(&t, show_us(text, pools[i].figures.p95_us));
		table_str(&t, show_tenths(text,
		    pools[i].figures.errors_x10));
	}
	put_table(p, to, &t, paint);
	table_fini(&t);
	free(paint);
}

static const char *paint_of(const struct status_backend *b)
{
	if (slice_eq(b->state, SLICE("up")))
		return NULL;
	return slice_eq(b->state, SLICE("draining")) ? YELLOW : RED;
}

/* What matters most in need stands where no narrow screen cuts it off. */
static void put_backend(struct table *t, const struct entry *e)
{
	const struct status_backend *b = e->what;
	char text[512], number[SHOW_BYTES];

	detail_of(text, sizeof text, b->pool, b->name);
	table_str(t, text);
	table_str(t, list_state(text, sizeof text, b));
	table_str(t, show_tenths(number, e->figures.rate_x10));
	table_str(t, show_tenths(number, e->figures.errors_x10));
	table_str(t, show_of(number, b->in_flight, b->max_connections));
	table_str(t, show_us(number, b->p50_us));
	table_str(t, show_us(number, b->p95_us));
	table_str(t, list_weight(text, sizeof text, b));
}

static void put_backends(const struct picture *p, FILE *to,
    const struct entry *backends, unsigned n)
{
	const char **paint = paint_room(n);
	struct table t;

	table_init(&t, "llrrrrrl");
	table_str(&t, "BACKEND");
	table_str(&t, "STATE");
	table_str(&t, "RATE");
	table_str(&t, "ERRORS/S");
	table_str(&t, "IN FLIGHT");
	table_str(&t, "P50");
	table_str(&t, "P95");
	table_str(&t, "WEIGHT");
	for (unsigned i = 0; i < n; i++) {
		paint[i + 1] = paint_of(backends[i].what);
		put_backend(&t, &backends[i]);
	}
	put_table(p, to, &t, paint);
	table_fini(&t);
	free(paint);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Who does not fit is not shown: backends have two thirds of the rows, or
 * what pools leave. */
static void share_rows(const struct picture *p, unsigned *pools,
    unsigned *backends)
{
	unsigned rows = p->rows > OTHER_LINES ? p->rows - OTHER_LINES : 0;
	unsigned third = rows / 3;

	*pools = p->now->status.npools;
	*backends = p->now->status.nbackends;
	if (p->rows == 0 || *pools + *backends <= rows)
		return;
	if (*backends < rows - third)
		*pools = rows - *backends;
	else
		*pools = least(*pools, third);
	*backends = rows - *pools;
}

static void put_keys(const struct picture *p, FILE *to, unsigned hidden)
{
	char text[256], more[64] = "";

	if (hidden)
		snprintf(more, sizeof more, "; %u more rows", hidden);
	snprintf(text, sizeof text, "s sorts (now by %s), p %s, q leaves%s",
	    sorts[p->sort].name, p->paused ? "goes on" : "pauses", more);
	put_line(p, to, text);
}

void picture_print(const struct picture *p, FILE *to)
{
	const struct status *s = &p->now->status;
	struct entry *pools = sort_pools(p), *backends = sort_backends(p);
	unsigned npools, nbackends;

	share_rows(p, &npools, &nbackends);
	put_master(p, to);
	put_totals(p, to, pools);
	if (p->keys || *p->wrong)
		put_line(p, to, p->wrong);
	put_pools(p, to, pools, npools);
	put_backends(p, to, backends, nbackends);
	if (p->keys)
		put_keys(p, to, s->npools - npools + s->nbackends
		    - nbackends);
	free(pools);
	free(backends);
}
