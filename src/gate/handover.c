/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing sockets over to the family, one message each. */
#include "gate/handover.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "gate/loop.h"

static struct loop_entry entry;
static struct handover_wait *first, **last = &first;
static bool is_full;

static struct handover_wait *next_waiter(void)
{
	struct handover_wait *w = first;

	if (w != NULL)
		handover_leave(w);
	return w;
}

/* In the order in which they came, until there is no room again: who finds
 * none joins at the end. */
static void call_waiters(struct loop_entry *e, uint32_t events)
{
	struct handover_wait *w;

	(void)events;
	is_full = false;
	while (!is_full && (w = next_waiter()) != NULL)
		w->again(w);
	if (first == NULL)
		loop_arm(e, 0);
}

bool handover_open(int fd)
{
	entry.ready = call_waiters;
	return loop_enter(&entry, fd);
}

enum io handover_send(const struct arrival *a, int fd)
{
	struct iovec v = {(void *)a, offsetof(struct arrival, facts)
	    + a->nfacts};
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	MUST(a->nfacts <= ARRIVAL_FACTS);
	if (fd >= 0) {
		m.msg_control = u.room;
		m.msg_controllen = sizeof u.room;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	if (sendmsg(entry.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return IO_OK;
	/* ETOOMANYREFS: as many descriptors are on their way as may be */
	is_full = errno == EAGAIN || errno == EINTR || errno == ENOBUFS
	    || errno == ETOOMANYREFS;
	return is_full ? IO_WAIT : IO_BROKEN;
}

void handover_join(struct handover_wait *w)
{
	MUST(!w->waits);
	w->waits = 1;
	w->next = NULL;
	*last = w;
	last = &w->next;
	loop_arm(&entry, EPOLLOUT);
}

void handover_leave(struct handover_wait *w)
{
	struct handover_wait **at = &first;

	if (!w->waits)
		return;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (last == &w->next)
		last = at;
	w->waits = 0;
}
