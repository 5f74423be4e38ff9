/* SPDX-License-Identifier: BSD-2-Clause */
/* "status" and "config diff", printed for people or as JSON. */
#include "ctl/list.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/ask.h"
#include "ctl/cachectl.h"
#include "ctl/certificate.h"
#include "ctl/ctl.h"
#include "ctl/detail.h"
#include "ctl/list_json.h"
#include "ctl/show.h"
#include "ctl/table.h"

const char *list_state(char *to, size_t room, const struct status_backend *b)
{
	char part[16] = "";

	if (b->started > 0 && b->started < 100
	    && slice_eq(b->state, SLICE("up")))
		snprintf(part, sizeof part, " %" PRId64 "%%", b->started);
	snprintf(to, room, "%.*s%s%s%s", b->state.n < 32 ? (int)b->state.n
	    : 32, b->state.p, part, b->backup ? " (backup)" : "",
	    b->added ? " (added)" : "");
	return to;
}

const char *list_weight(char *to, size_t room,
    const struct status_backend *b)
{
	if (b->weight == b->file_weight || b->added)
		snprintf(to, room, "%" PRId64, b->weight);
	else
		snprintf(to, room, "%" PRId64 " (%" PRId64 ")", b->weight,
		    b->file_weight);
	return to;
}

static void print_master(const struct status *s)
{
	char span[SHOW_BYTES];

	printf("portico ");
	show_plain(stdout, s->version);
	printf(", pid %" PRId64 ", generation %" PRId64 ", up %s%s\n", s->pid,
	    s->generation, show_span(span, s->uptime_ms / 1000),
	    s->reloading ? ", reloading" : "");
	printf("configuration ");
	show_plain(stdout, s->file);
	if (s->changes)
		printf("\nchanged since it was read: see porticoctl config "
		    "diff");
	printf("\nprocesses");
	for (unsigned i = 0; i < s->nroles; i++) {
		const struct status_role *r = &s->roles[i];

		printf("%s", i ? ", " : ": ");
		show_plain(stdout, r->name);
		printf(" %u", r->live);
		if (r->others)
			printf(" (and %u that come or go)", r->others);
	}
	putchar('\n');
}

static void print_generations(const struct status *s)
{
	struct table t;

	table_init(&t, "rlrr");
	table_str(&t, "GENERATION");
	table_str(&t, "STATE");
	table_str(&t, "WORKERS");
	table_str(&t, "CONNECTIONS");
	for (unsigned i = 0; i < s->ngenerations; i++) {
		const struct status_generation *g = &s->generations[i];

		table_number(&t, g->number);
		table_put(&t, g->state);
		table_number(&t, g->workers);
		table_number(&t, g->connections);
	}
	putchar('\n');
	table_print(&t, stdout);
	table_fini(&t);
}

static void add_pool(struct table *t, const struct status_pool *p)
{
	char text[SHOW_BYTES];
	int64_t rate = 0;

	for (unsigned i = 0; i < p->n; i++)
		rate += p->backends[i].rate_x10;
	table_put(t, p->name);
	table_put(t, p->balance);
	snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, p->up,
	    p->nbackends);
	table_str(t, text);
	table_str(t, show_tenths(text, rate));
	table_number(t, p->in_flight);
	table_str(t, show_of(text, p->queued, p->queue_length));
	table_put(t, p->fallback.n ? p->fallback : SLICE("-"));
}

static void add_backend(struct table *t, const struct status_backend *b,
    int64_t now)
{
	char text[512], number[SHOW_BYTES];

	detail_of(text, sizeof text, b->pool, b->name);
	table_str(t, text);
	table_str(t, list_state(text, sizeof text, b));
	table_str(t, list_weight(text, sizeof text, b));
	table_str(t, show_of(number, b->in_flight, b->max_connections));
	table_str(t, show_tenths(number, b->rate_x10));
	table_str(t, show_us(number, b->p50_us));
	table_str(t, show_us(number, b->p95_us));
	table_number(t, status_errors(b));
	detail_change(text, sizeof text, b, now);
	table_str(t, text);
}

static void print_pools(const struct status *s, const struct status_pool *one)
{
	struct table t;

	table_init(&t, "lllrrrl");
	table_str(&t, "POOL");
	table_str(&t, "BALANCE");
	table_str(&t, "UP");
	table_str(&t, "RATE");
	table_str(&t, "IN FLIGHT");
	table_str(&t, "QUEUED");
	table_str(&t, "FALLBACK");
	for (unsigned i = 0; i < s->npools; i++)
		if (one == NULL || one == &s->pools[i])
			add_pool(&t, &s->pools[i]);
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_backends(const struct status *s,
    const struct status_pool *one)
{
	struct table t;
	int64_t now = clock_wall();

	table_init(&t, "lllrrrrrl");
	table_str(&t, "BACKEND");
	table_str(&t, "STATE");
	table_str(&t, "WEIGHT");
	table_str(&t, "FLIGHT");
	table_str(&t, "RATE");
	table_str(&t, "P50");
	table_str(&t, "P95");
	table_str(&t, "ERRORS");
	table_str(&t, "CHANGED");
	for (unsigned i = 0; i < s->npools; i++) {
		const struct status_pool *p = &s->pools[i];

		for (unsigned j = 0; j < p->n && (!one || one == p); j++)
			add_backend(&t, &p->backends[j], now);
	}
	putchar('\n');
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_all(const struct list_choice *c)
{
	if (c->pool == NULL) {
		print_master(c->status);
		print_generations(c->status);
		cachectl_print(c->answer);
		putchar('\n');
	}
	if (c->name.n) {
		detail_print(c->pool, c->name);
		return;
	}
	print_pools(c->status, c->pool);
	print_backends(c->status, c->pool);
	if (c->pool == NULL)
		certificate_print(c->status);
}

/* POOL or POOL/NAME; a pool's name has no slash. */
static int choose(const struct args *a, struct list_choice *c)
{
	struct slice rest = slice_str(a->words[0]);
	struct slice pool = slice_cut(&rest, '/');

	c->pool = status_find_pool(c->status, pool);
	if (c->pool == NULL)
		return ask_fail(a, CTL_REFUSED, "unknown",
		    "there is no pool \"%.*s\"%s", SLICE_FMT(pool),
		    detail_near_pool(c->status, pool));
	if (rest.p == NULL)
		return CTL_FINE;
	c->name = rest;
	for (unsigned i = 0; i < c->pool->n; i++)
		if (status_is_member(&c->pool->backends[i], rest))
			return CTL_FINE;
	return ask_fail(a, CTL_REFUSED, "unknown",
	    "there is no backend \"%.*s\" in the pool \"%.*s\"%s",
	    SLICE_FMT(rest), SLICE_FMT(pool),
	    detail_near_backend(c->pool, rest));
}

int list_status(const struct args *a)
{
	struct answer answer;
	struct status status;
	struct list_choice choice = {&answer, &status, NULL, {NULL, 0}};
	int code = ask(&answer, a, "status");

	if (code != CTL_FINE)
		return code;
	status_read(&status, &answer);
	if (a->nwords)
		code = choose(a, &choice);
	if (code == CTL_FINE && a->json)
		list_json(&choice);
	else if (code == CTL_FINE)
		print_all(&choice);
	status_fini(&status);
	answer_fini(&answer);
	return code;
}

static void print_changes(const struct answer *answer)
{
	struct record r;
	struct table t;

	table_init(&t, "llll");
	table_str(&t, "WHAT");
	table_str(&t, "OF");
	table_str(&t, "FILE");
	table_str(&t, "NOW");
	for (unsigned i = 0; i < answer->nlines; i++) {
		char of[256];

		answer_record(answer, i, &r);
		if (!record_is(&r, "change"))
			continue;
		detail_of(of, sizeof of, record_text(&r, "pool"),
		    record_text(&r, "name"));
		table_put(&t, record_text(&r, "what"));
		table_str(&t, of);
		table_put(&t, record_text(&r, "file"));
		table_put(&t, record_text(&r, "now"));
	}
	if (table_rows(&t) > 1)
		table_print(&t, stdout);
	else
		puts("nothing was changed: what runs is what the file says");
	table_fini(&t);
}

int list_changes(const struct args *a)
{
	struct answer answer;
	int code = ask(&answer, a, "config diff");

	if (code != CTL_FINE)
		return code;
	if (a->json)
		list_json_changes(&answer);
	else
		print_changes(&answer);
	answer_fini(&answer);
	return CTL_FINE;
}
