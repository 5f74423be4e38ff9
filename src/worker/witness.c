/* SPDX-License-Identifier: BSD-2-Clause */
/* What others can see of a stride: when it began, and what it carried. */
#include "worker/witness.h"

#include "base/crash.h"
#include "shm/slot.h"

static const struct stride *under_way;

/* In a signal handler: s may be in any state. */
static void say_request(char *to, size_t room)
{
	const struct stride *s = under_way;
	size_t at = 0;

	if (s == NULL || s->r == NULL || s->r->magic != REQUEST_MAGIC)
		return;
	const struct head *h = &s->r->head;
	if (h->method.n == 0 || h->target.n == 0)
		return;
	crash_put(to, room, &at, h->method.p, h->method.n);
	crash_put(to, room, &at, " ", 1);
	crash_put(to, room, &at, h->target.p, h->target.n);
}

void witness_init(void)
{
	under_way = NULL;
	crash_ask(say_request);
}

void witness_begin(const struct stride *s)
{
	under_way = s;
	slot_stride(s->now);
}

void witness_end(void)
{
	under_way = NULL;
	slot_stride(0);
}
