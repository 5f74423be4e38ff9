/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward's sleep: orders, wakes and descriptors of its own end it. */
#include "steward/sleep.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "steward/probe.h"
#include "steward/resolve.h"

#define BATCH 64

/* Who is called when a descriptor of that kind is ready. */
static void (*const called[])(unsigned row, uint32_t events) = {
	[CONN_PROBE] = probe_event,
	[CONN_RESOLVER] = resolve_event,
	[CONN_REFRESH] = NULL,
};

static bool set_events(int op, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events,
	    .data.u64 = binding_make((unsigned)fd,
	    conn_serial(lobby_get((unsigned)fd)))};

	return epoll_ctl(lobby.sleep, op, fd, &ev) == 0;
}

bool sleep_open(void)
{
	return set_events(EPOLL_CTL_ADD, lobby.order, EPOLLIN)
	    && set_events(EPOLL_CTL_ADD, lobby.wake, EPOLLIN)
	    && (lobby.checked[0] <= 0
	    || set_events(EPOLL_CTL_ADD, lobby.checked[0], EPOLLIN));
}

void sleep_watch(int fd, uint32_t events)
{
	struct conn *c = lobby_get((unsigned)fd);
	int op = events == 0 ? EPOLL_CTL_DEL
	    : c->in_set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (events == 0 && !c->in_set)
		return;
	if (!set_events(op, fd, events))
		log_err("epoll_ctl on descriptor %d: %m", fd);
	c->in_set = events != 0;
}

static void read_eventfd(int fd)
{
	uint64_t counted;

	if (read(fd, &counted, sizeof counted) < 0 && errno != EAGAIN)
		log_err("read of an eventfd: %m");
}

/* True for an eventfd. Who was called before in this batch may have closed
 * the descriptor, and made another with its number; and what a dead steward
 * had open is in the set until it is settled. */
static bool take_event(const struct epoll_event *ev)
{
	unsigned row = (uint32_t)ev->data.u64;
	const struct conn *c = lobby_get(row);

	if (conn_serial(c) != ev->data.u64 >> 32
	    || word_state(conn_word(c)) != CONN_OWNED)
		return false;
	if (row && (int)row == lobby.checked[0]) {
		probe_hear();
		return false;
	}
	if (c->kind == CONN_ORDER) {
		read_eventfd((int)row);
		return true;
	}
	if (word_slot(conn_word(c)) == slot_me && called[c->kind])
		called[c->kind](row, ev->events);
	return false;
}

bool sleep_until(uint64_t when)
{
	struct epoll_event at[BATCH];
	uint64_t now = clock_ms();
	bool woken = false;
	int n = epoll_wait(lobby.sleep, at, BATCH,
	    when > now ? (int)(when - now) + 1 : 0);

	if (n < 0 && errno != EINTR)
		die("epoll_wait: %m");
	for (int i = 0; i < n; i++)
		woken = take_event(&at[i]) || woken;
	return woken;
}
