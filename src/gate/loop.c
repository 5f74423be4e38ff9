/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's loop: who waits for a descriptor or a time, and is called. */
#include "gate/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"

#define BATCH 32
#define LONGEST_MS 60000

struct place {
	struct loop_entry *entry; /* NULL: free */
	uint32_t serial; /* events of who had this place before are stale */
	unsigned next;   /* free place, 0: none */
};

static struct place *places;
static unsigned free_place;
static struct timers timers;
static int set = -1;

bool loop_open(unsigned room)
{
	places = calloc(room + 1, sizeof *places);
	set = epoll_create1(EPOLL_CLOEXEC);
	if (places == NULL || set < 0 || !timers_init(&timers, room + 1))
		return false;
	for (unsigned i = 1; i <= room; i++)
		places[i].next = i < room ? i + 1 : 0;
	free_place = room ? 1 : 0;
	return true;
}

bool loop_enter(struct loop_entry *e, int fd)
{
	unsigned n = free_place;

	MUST(e->number == 0);
	if (n == 0)
		return false;
	free_place = places[n].next;
	places[n].entry = e;
	e->number = n;
	e->fd = fd;
	e->armed = 0;
	return true;
}

static bool change(struct loop_entry *e, int op, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.u64 =
	    (uint64_t)places[e->number].serial << 32 | e->number};

	return epoll_ctl(set, op, e->fd, &ev) == 0;
}

static void disarm(struct loop_entry *e)
{
	if (e->armed && !change(e, EPOLL_CTL_DEL, 0))
		log_err("epoll_ctl on descriptor %d: %m", e->fd);
	e->armed = 0;
}

bool loop_arm(struct loop_entry *e, uint32_t events)
{
	MUST(e->number != 0);
	if (e->armed == events)
		return true;
	/* the kernel changes nothing of what is exclusive */
	if (events == 0 || (e->armed | events) & EPOLLEXCLUSIVE)
		disarm(e);
	if (events == 0)
		return true;
	if (!change(e, e->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, events)) {
		log_err("epoll_ctl on descriptor %d: %m", e->fd);
		return false;
	}
	e->armed = events;
	return true;
}

void loop_late_at(struct loop_entry *e, uint64_t when)
{
	MUST(e->number != 0);
	timers_set(&timers, e->number, when);
}

void loop_leave(struct loop_entry *e)
{
	unsigned n = e->number;

	if (n == 0)
		return;
	disarm(e);
	timers_clear(&timers, n);
	places[n].entry = NULL;
	places[n].serial++;
	places[n].next = free_place;
	free_place = n;
	e->number = 0;
}

static void call_late(void)
{
	uint64_t now = clock_ms();
	unsigned n;

	while (timers_take(&timers, now, &n))
		places[n].entry->late(places[n].entry);
}

static int patience(void)
{
	uint64_t first = timers_first(&timers), now = clock_ms();

	if (first <= now)
		return 0;
	/* clock_ms may be behind by a few: then it is looked at again */
	return first - now < LONGEST_MS ? (int)(first - now) : LONGEST_MS;
}

void loop_turn(void)
{
	struct epoll_event ev[BATCH];
	int n = epoll_wait(set, ev, BATCH, patience());

	if (n < 0 && errno != EINTR)
		die("epoll_wait: %m");
	for (int i = 0; i < n; i++) {
		const struct place *p = &places[(uint32_t)ev[i].data.u64];
		if (p->entry && p->serial == ev[i].data.u64 >> 32)
			p->entry->ready(p->entry, ev[i].events);
	}
	call_late();
}
