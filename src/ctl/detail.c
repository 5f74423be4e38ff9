/* SPDX-License-Identifier: BSD-2-Clause */
/* One backend with all that is known of it, and words about backends. */
#include "ctl/detail.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "conf/suggest.h"
#include "ctl/list.h"
#include "ctl/show.h"

#define NAME_BYTES 128
#define CHANGE_BYTES 512

static int cut(struct slice s)
{
	return s.n < CHANGE_BYTES ? (int)s.n : CHANGE_BYTES;
}

void detail_of(char *to, size_t room, struct slice pool, struct slice name)
{
	snprintf(to, room, "%.*s%s%.*s", cut(pool), pool.p,
	    name.n && pool.n ? "/" : "", cut(name), name.p);
}

void detail_change(char *to, size_t room, const struct status_backend *b,
    int64_t now)
{
	char span[SHOW_BYTES] = "";

	if (b->since)
		show_span(span, now - b->since);
	snprintf(to, room, "%s%s%s%.*s", span, b->since ? " ago" : "",
	    b->since && b->why.n ? ": " : "", cut(b->why), b->why.p);
}

static void print_text(const char *name, struct slice text)
{
	if (text.n == 0)
		return;
	printf("  %-12s", name);
	show_plain(stdout, text);
	putchar('\n');
}

static void print_counts(const struct status_backend *b)
{
	printf("  %-12s%" PRId64 ", of which %" PRId64 " repeated; %" PRId64
	    " answered\n", "attempts", b->attempts, b->retries, b->ok);
	printf("  %-12s%" PRId64 " answers with 5xx, %" PRId64
	    " not connected, %" PRId64 " late,\n  %-12s%" PRId64
	    " reset, %" PRId64 " bad answers\n", "errors", b->errors_5xx,
	    b->connect_errors, b->timeouts, "", b->resets, b->bad_answers);
	printf("  %-12s%" PRId64 ", of which %" PRId64 " failed\n", "checks",
	    b->checks, b->checks_failed);
}

static void print_load(const struct status_backend *b)
{
	char one[SHOW_BYTES], two[SHOW_BYTES];

	printf("  %-12s%s, and %" PRId64 " idle connections\n", "in flight",
	    show_of(one, b->in_flight, b->max_connections), b->idle);
	printf("  %-12s%s/s\n", "rate", show_tenths(one, b->rate_x10));
	printf("  %-12sp50 %s, p95 %s\n", "latency", show_us(one, b->p50_us),
	    show_us(two, b->p95_us));
}

static void print_backend(const struct status_backend *b)
{
	char text[CHANGE_BYTES + SHOW_BYTES];

	show_plain(stdout, b->pool);
	putchar('/');
	show_plain(stdout, b->name);
	putchar('\n');
	print_text("address", b->address);
	print_text("state", slice_str(list_state(text, sizeof text, b)));
	print_text("ordered", b->order);
	print_text("weight", slice_str(list_weight(text, sizeof text, b)));
	print_load(b);
	print_counts(b);
	detail_change(text, sizeof text, b, clock_wall());
	print_text("changed", slice_str(text));
}

void detail_print(const struct status_pool *p, struct slice name)
{
	for (unsigned i = 0; i < p->n; i++)
		if (status_is_member(&p->backends[i], name))
			print_backend(&p->backends[i]);
}

/* What suggest takes are strings; names that are longer are near to none. */
struct names {
	struct suggest near;
	char given[NAME_BYTES], offered[NAME_BYTES], best[NAME_BYTES];
};

static void copy(char to[NAME_BYTES], struct slice from)
{
	size_t n = from.n < NAME_BYTES ? from.n : NAME_BYTES - 1;

	memcpy(to, from.p, n);
	to[n] = '\0';
}

static void offer(struct names *names, struct slice name)
{
	copy(names->offered, name);
	suggest_offer(&names->near, names->offered);
	if (names->near.best != names->offered)
		return;
	memcpy(names->best, names->offered, NAME_BYTES);
	names->near.best = names->best;
}

static struct names names;

static void begin(struct slice given)
{
	copy(names.given, given);
	suggest_init(&names.near, names.given);
}

const char *detail_near_pool(const struct status *s, struct slice name)
{
	begin(name);
	for (unsigned i = 0; i < s->npools; i++)
		offer(&names, s->pools[i].name);
	return suggest_tail(&names.near);
}

const char *detail_near_backend(const struct status_pool *p,
    struct slice name)
{
	begin(name);
	for (unsigned i = 0; i < p->n; i++)
		offer(&names, p->backends[i].name);
	return suggest_tail(&names.near);
}
