/* SPDX-License-Identifier: BSD-2-Clause */
/* Generations: which one is meant. */
#include "master/generation.h"

struct generation *generation_find(enum generation_state state)
{
	struct generation *found = NULL;

	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state == state
		    && (!found || generations[i].number > found->number))
			found = &generations[i];
	return found;
}

struct generation *generation_oldest(enum generation_state state)
{
	struct generation *found = NULL;

	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state == state
		    && (!found || generations[i].number < found->number))
			found = &generations[i];
	return found;
}

struct generation *generation_current(void)
{
	struct generation *g = generation_find(GEN_RUNNING);

	return g ? g : generation_find(GEN_DRAINING);
}

unsigned generation_count(enum generation_state state)
{
	unsigned n = 0;

	for (int i = 0; i < GENERATIONS; i++)
		n += generations[i].state == state;
	return n;
}

struct generation *generation_of(unsigned number)
{
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE
		    && generations[i].number == number)
			return &generations[i];
	return NULL;
}
