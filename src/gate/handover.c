/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing sockets over to the family, one message each. */
#include "gate/handover.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "gate/loop.h"

#define LOOK_MS 5    /* while there is no place */
#define LEAST 1024   /* bytes that the kernel counts for a message, at least */
#define NEAR 1024u   /* to the limit: then it is looked at closely */

struct queue {
	struct handover_wait *first, **last;
};

static struct loop_entry entry;
static const struct lobby *family;
static struct queue for_room = {NULL, &for_room.first};
static struct queue for_place = {NULL, &for_place.first};
static bool again_none; /* who was called found none, either */

static void join(struct queue *q, struct handover_wait *w)
{
	MUST(w->queue == NULL);
	w->queue = q;
	w->next = NULL;
	*q->last = w;
	q->last = &w->next;
	again_none = true;
}

void handover_leave(struct handover_wait *w)
{
	struct queue *q = w->queue;
	struct handover_wait **at;

	if (q == NULL)
		return;
	for (at = &q->first; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	if (q->last == &w->next)
		q->last = at;
	w->queue = NULL;
}

/* In the order in which they came, until there is none again: who finds none
 * joins at the end. */
static void call_all(struct queue *q)
{
	struct handover_wait *w;

	again_none = false;
	while (!again_none && (w = q->first) != NULL) {
		handover_leave(w);
		w->again(w);
	}
}

static void room_may_be(struct loop_entry *e, uint32_t events)
{
	(void)events;
	call_all(&for_room);
	if (for_room.first == NULL)
		loop_arm(e, 0);
}

static void place_may_be(struct loop_entry *e)
{
	call_all(&for_place);
	if (for_place.first != NULL)
		loop_late_at(e, clock_ms() + LOOK_MS);
}

void handover_join(struct handover_wait *w)
{
	join(&for_room, w);
	loop_arm(&entry, EPOLLOUT);
}

void handover_await_place(struct handover_wait *w)
{
	join(&for_place, w);
	loop_late_at(&entry, clock_ms() + LOOK_MS);
}

/* Messages that nobody has received yet, of all gates: not less than there
 * are. */
static unsigned on_their_way(void)
{
	int bytes = 0;

	return ioctl(entry.fd, SIOCOUTQ, &bytes) < 0 || bytes < 0 ? 0
	    : ((unsigned)bytes + LEAST - 1) / LEAST;
}

bool handover_has_place(void)
{
	unsigned clients = atomic_load_explicit(&family->head->clients,
	    memory_order_relaxed);

	/* below zero: counted twice as gone, the steward mends it */
	if (clients > family->nrows || clients + NEAR < family->connections)
		return true;
	return clients + on_their_way() < family->connections;
}

bool handover_open(const struct lobby *l)
{
	family = l;
	entry.ready = room_may_be;
	entry.late = place_may_be;
	return loop_enter(&entry, l->arrivals[1]);
}

enum io handover_send(const struct arrival *a, int fd)
{
	MUST(a->nfacts <= ARRIVAL_FACTS);
	if (fd_send(entry.fd, a, offsetof(struct arrival, facts) + a->nfacts,
	    fd) >= 0)
		return IO_OK;
	/* ETOOMANYREFS: as many descriptors are on their way as may be */
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS
	    || errno == ETOOMANYREFS ? IO_WAIT : IO_BROKEN;
}
