/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to "status", as structs: what it has to say of each part. */
#include "ctl/status.h"

#include <stdlib.h>

#include "base/log.h"

enum form { TEXT, NUMBER };

struct place {
	const char *key;
	size_t at;
	enum form form;
};

#define T(type, key) {#key, offsetof(struct type, key), TEXT}
#define N(type, key) {#key, offsetof(struct type, key), NUMBER}
#define ALL(table) (table), sizeof(table) / sizeof(table)[0]

static const struct place in_master[] = {
	T(status, version), T(status, file), N(status, pid),
	N(status, generation), N(status, uptime_ms), N(status, reloading),
	N(status, changes),
};

#define G(form, key) form(status_generation, key)
static const struct place in_generation[] = {
	G(T, state), G(N, number), G(N, workers), G(N, connections),
};

#define P(form, key) form(status_pool, key)
static const struct place in_pool[] = {
	P(T, name), P(T, balance), P(T, fallback), P(N, up),
	{"backends", offsetof(struct status_pool, nbackends), NUMBER},
	P(N, in_flight), P(N, queued), P(N, queue_length),
};

#define B(form, key) form(status_backend, key)
static const struct place in_backend[] = {
	B(T, pool), B(T, name), B(T, address), B(T, state), B(T, order),
	B(T, why), B(N, weight), B(N, file_weight), B(N, max_connections),
	B(N, in_flight), B(N, idle), B(N, backup), B(N, added), B(N, started),
	B(N, rate_x10), B(N, attempts), B(N, retries), B(N, ok),
	B(N, errors_5xx), B(N, connect_errors), B(N, timeouts), B(N, resets),
	B(N, bad_answers), B(N, checks), B(N, checks_failed), B(N, p50_us),
	B(N, p95_us), B(N, since),
};

#define C(form, key) form(status_certificate, key)
static const struct place in_certificate[] = {
	C(T, of), C(T, path), C(T, key), C(T, names), C(N, ends),
};

static int64_t bounded(int64_t n)
{
	return n < 0 ? 0 : n > STATUS_MOST ? STATUS_MOST : n;
}

static void read_fields(const struct record *r, const struct place *places,
    size_t n, void *base)
{
	for (size_t i = 0; i < n; i++) {
		const struct record_field *f = record_find(r, places[i].key);
		char *at = (char *)base + places[i].at;

		if (places[i].form == TEXT)
			*(struct slice *)(void *)at = f ? f->text : SLICE("");
		else
			*(int64_t *)(void *)at = f ? bounded(f->number) : 0;
	}
}

static void add_to_role(struct status *s, const struct record *r)
{
	struct slice role = record_text(r, "role");
	bool live = slice_eq(record_text(r, "state"), SLICE("live"));
	unsigned i = 0;

	while (i < s->nroles && !slice_eq(s->roles[i].name, role))
		i++;
	if (i == STATUS_ROLES)
		return;
	if (i == s->nroles)
		s->roles[s->nroles++] = (struct status_role){.name = role};
	if (live)
		s->roles[i].live++;
	else
		s->roles[i].others++;
}

static void add_record(struct status *s, const struct record *r,
    unsigned line)
{
	if (record_is(r, "master")) {
		read_fields(r, ALL(in_master), s);
		s->master = line;
		s->has_master = true;
	} else if (record_is(r, "generation")) {
		struct status_generation *g =
		    &s->generations[s->ngenerations++];
		read_fields(r, ALL(in_generation), g);
		g->line = line;
	} else if (record_is(r, "process")) {
		add_to_role(s, r);
	} else if (record_is(r, "pool")) {
		struct status_pool *p = &s->pools[s->npools++];
		read_fields(r, ALL(in_pool), p);
		p->line = line;
	} else if (record_is(r, "backend")) {
		struct status_backend *b = &s->backends[s->nbackends++];
		read_fields(r, ALL(in_backend), b);
		b->line = line;
	} else if (record_is(r, "certificate")) {
		read_fields(r, ALL(in_certificate),
		    &s->certificates[s->ncertificates++]);
	}
}

static int compare(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int by_pool(const void *a, const void *b)
{
	const struct status_backend *x = a, *y = b;
	int order = compare(x->pool, y->pool);

	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* The first of the pool's backends, which are sorted by pool. */
static unsigned first_of(const struct status *s, struct slice pool)
{
	unsigned low = 0, high = s->nbackends;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (compare(s->backends[middle].pool, pool) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void join(struct status *s)
{
	qsort(s->backends, s->nbackends, sizeof *s->backends, by_pool);
	for (unsigned i = 0; i < s->npools; i++) {
		struct status_pool *p = &s->pools[i];
		unsigned first = first_of(s, p->name), n = first;

		/* Two pools of one name: the first has them. */
		if (first < s->nbackends && s->backends[first].taken)
			continue;
		while (n < s->nbackends
		    && slice_eq(s->backends[n].pool, p->name))
			n++;
		p->backends = s->backends + first;
		p->n = n - first;
		if (p->n)
			s->backends[first].taken = true;
	}
}

static void *room_for(unsigned n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (p == NULL)
		die("out of memory");
	return p;
}

static unsigned count(const struct answer *a, const char *kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->nlines; i++) {
		struct slice line = a->lines[i];

		n += slice_eq(slice_cut(&line, '\t'), slice_str(kind));
	}
	return n;
}

void status_read(struct status *to, const struct answer *from)
{
	struct record r;

	memset(to, 0, sizeof *to);
	to->generations = room_for(count(from, "generation"),
	    sizeof *to->generations);
	to->pools = room_for(count(from, "pool"), sizeof *to->pools);
	to->backends = room_for(count(from, "backend"),
	    sizeof *to->backends);
	to->certificates = room_for(count(from, "certificate"),
	    sizeof *to->certificates);
	for (unsigned i = 0; i < from->nlines; i++) {
		answer_record(from, i, &r);
		add_record(to, &r, i);
	}
	join(to);
}

void status_fini(struct status *s)
{
	free(s->generations);
	free(s->pools);
	free(s->backends);
	free(s->certificates);
	memset(s, 0, sizeof *s);
}

const struct status_pool *status_find_pool(const struct status *s,
    struct slice name)
{
	for (unsigned i = 0; i < s->npools; i++)
		if (slice_eq(s->pools[i].name, name))
			return &s->pools[i];
	return NULL;
}

bool status_is_member(const struct status_backend *b, struct slice name)
{
	struct slice rest;
	uint64_t number;

	if (!slice_starts(b->name, name))
		return false;
	rest = slice_make(b->name.p + name.n, b->name.n - name.n);
	if (rest.n == 0)
		return true;
	return rest.p[0] == '#'
	    && slice_u64(slice_make(rest.p + 1, rest.n - 1), &number);
}

int64_t status_errors(const struct status_backend *b)
{
	return b->errors_5xx + b->connect_errors + b->timeouts + b->resets
	    + b->bad_answers;
}
