/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: which of many numbers is due first, without looking at them all. */
#include "base/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool timers_init(struct timers *t, unsigned room)
{
	memset(t, 0, sizeof *t);
	t->heap = calloc(room + 1, sizeof *t->heap);
	t->place = calloc(room + 1, sizeof *t->place);
	t->when = calloc(room + 1, sizeof *t->when);
	t->room = room;
	if (t->heap && t->place && t->when)
		return true;
	timers_fini(t);
	return false;
}

void timers_fini(struct timers *t)
{
	free(t->heap);
	free(t->place);
	free(t->when);
	memset(t, 0, sizeof *t);
}

static void put(struct timers *t, unsigned at, uint32_t number)
{
	t->heap[at] = number;
	t->place[number] = at + 1;
}

static void rise(struct timers *t, unsigned at, uint32_t number)
{
	while (at > 0) {
		unsigned above = (at - 1) / 2;
		if (t->when[t->heap[above]] <= t->when[number])
			break;
		put(t, at, t->heap[above]);
		at = above;
	}
	put(t, at, number);
}

static void sink(struct timers *t, unsigned at, uint32_t number)
{
	for (;;) {
		unsigned below = 2 * at + 1;
		if (below >= t->n)
			break;
		if (below + 1 < t->n && t->when[t->heap[below + 1]]
		    < t->when[t->heap[below]])
			below++;
		if (t->when[number] <= t->when[t->heap[below]])
			break;
		put(t, at, t->heap[below]);
		at = below;
	}
	put(t, at, number);
}

void timers_set(struct timers *t, unsigned number, uint64_t when)
{
	MUST(number < t->room);
	if (t->place[number] == 0)
		t->place[number] = ++t->n;
	t->when[number] = when;
	rise(t, t->place[number] - 1, number);
	sink(t, t->place[number] - 1, number);
}

void timers_clear(struct timers *t, unsigned number)
{
	MUST(number < t->room);
	unsigned at = t->place[number];
	if (at == 0)
		return;
	t->place[number] = 0;
	uint32_t last = t->heap[--t->n];
	if (last == number)
		return;
	rise(t, at - 1, last);
	sink(t, t->place[last] - 1, last);
}

uint64_t timers_of(const struct timers *t, unsigned number)
{
	MUST(number < t->room);
	return t->place[number] ? t->when[number] : TIMERS_NEVER;
}

uint64_t timers_first(const struct timers *t)
{
	return t->n ? t->when[t->heap[0]] : TIMERS_NEVER;
}

bool timers_take(struct timers *t, uint64_t now, unsigned *number)
{
	if (t->n == 0 || t->when[t->heap[0]] > now)
		return false;
	*number = t->heap[0];
	timers_clear(t, *number);
	return true;
}
