/* SPDX-License-Identifier: BSD-2-Clause */
/* Two looks at a status, and what happened between them, a second. */
#include "ctl/look.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

static int compare_texts(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int compare(const void *a, const void *b)
{
	const struct status_backend *x = *(const struct status_backend *const
		*)a, *y = *(const struct status_backend *const *)b;
	int order = compare_texts(x->pool, y->pool);

	return order ? order : compare_texts(x->name, y->name);
}

void look_take(struct look *to, struct answer *answer)
{
	unsigned n;

	to->at = clock_us();
	to->answer = *answer;
	memset(answer, 0, sizeof *answer);
	status_read(&to->status, &to->answer);
	n = to->status.nbackends;
	to->sorted = calloc(n + 1, sizeof(const struct status_backend *));
	if (to->sorted == NULL)
		die("out of memory");
	for (unsigned i = 0; i < n; i++)
		to->sorted[i] = &to->status.backends[i];
	qsort(to->sorted, n, sizeof(const struct status_backend *), compare);
}

void look_fini(struct look *l)
{
	free(l->sorted);
	status_fini(&l->status);
	answer_fini(&l->answer);
	memset(l, 0, sizeof *l);
}

static const struct status_backend *find(const struct look *l,
    const struct status_backend *b)
{
	const struct status_backend *const *found = bsearch(&b, l->sorted,
	    l->status.nbackends, sizeof(const struct status_backend *),
	    compare);

	return found ? *found : NULL;
}

/* Counters begin anew when a master does. */
static int64_t per_second_x10(int64_t now, int64_t before, uint64_t us)
{
	int64_t grown = now - before;

	if (grown <= 0 || us == 0)
		return 0;
	return (int64_t)((double)grown * 1e7 / (double)us + 0.5);
}

struct figures look_backend(const struct look *now, const struct look *before,
    const struct status_backend *b)
{
	const struct status_backend *old = before ? find(before, b) : NULL;
	struct figures f = {.rate_x10 = b->rate_x10,
		.in_flight = b->in_flight, .p95_us = b->p95_us};

	if (old == NULL)
		return f;
	uint64_t us = now->at - before->at;
	f.rate_x10 = per_second_x10(b->attempts, old->attempts, us);
	f.errors_x10 = per_second_x10(status_errors(b), status_errors(old),
	    us);
	return f;
}

struct figures look_pool(const struct look *now, const struct look *before,
    const struct status_pool *p)
{
	struct figures sum = {.in_flight = p->in_flight};

	for (unsigned i = 0; i < p->n; i++) {
		struct figures f = look_backend(now, before, &p->backends[i]);

		sum.rate_x10 += f.rate_x10;
		sum.errors_x10 += f.errors_x10;
		if (f.p95_us > sum.p95_us)
			sum.p95_us = f.p95_us;
	}
	return sum;
}
