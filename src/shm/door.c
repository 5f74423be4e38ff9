/* SPDX-License-Identifier: BSD-2-Clause */
/* The door of the lobby: what comes in, and when it is shut. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "shm/arrive.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define TELL_MS 10000

/* Once closed its number may be a client's. */
static bool is_open(const struct lobby_listener *l)
{
	const struct conn *c = lobby_get((unsigned)l->fd);

	return c->kind == CONN_LISTENER
	    && word_state(conn_word(c)) == CONN_OWNED;
}

static void each_listener(int op)
{
	for (unsigned i = 0; i < lobby.nlisteners; i++) {
		if (!is_open(&lobby.listeners[i]))
			continue;
		struct epoll_event ev = {.events = EPOLLIN,
		    .data.u64 = (uint64_t)CONN_LISTENER << 24 | i};
		if (epoll_ctl(lobby.door, op, lobby.listeners[i].fd, &ev) < 0
		    && errno != EEXIST && errno != ENOENT && errno != EBADF)
			log_err("epoll_ctl on a listener: %m");
	}
}

void lobby_listeners_out(void)
{
	each_listener(EPOLL_CTL_DEL);
}

void lobby_listeners_in(void)
{
	each_listener(EPOLL_CTL_ADD);
}

/* One-shot: a message wakes one worker, not all that wait. */
static bool move_arrivals(int op)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLONESHOT,
	    .data.u64 = (uint64_t)CONN_ARRIVALS << 24};

	return lobby.arrivals[0] <= 0
	    || epoll_ctl(lobby.door, op, lobby.arrivals[0], &ev) == 0;
}

void lobby_arrivals_in(void)
{
	if (!move_arrivals(EPOLL_CTL_MOD) && !move_arrivals(EPOLL_CTL_ADD)
	    && errno != EEXIST)
		log_err("epoll_ctl on what gates send: %m");
}

void lobby_arrivals_out(void)
{
	if (!move_arrivals(EPOLL_CTL_DEL) && errno != ENOENT)
		log_err("epoll_ctl on what gates send: %m");
}

const struct lobby_listener *lobby_gated(uint32_t index)
{
	for (unsigned i = 0; i < lobby.ngated; i++)
		if (lobby.gated[i].index == index)
			return &lobby.gated[i];
	return NULL;
}

/* The master holds them still: without DEL the set would go on reporting
 * them, whoever has closed them here. */
void lobby_listeners_close(void)
{
	lobby_listeners_out();
	for (unsigned i = 0; i < lobby.nlisteners; i++)
		if (is_open(&lobby.listeners[i]))
			lobby_close(lobby_get(
			    (unsigned)lobby.listeners[i].fd));
}

/* A death may have counted one twice; what is below zero is none. */
static bool is_crowded(void)
{
	uint32_t n = atomic_load_explicit(&lobby.head->clients,
	    memory_order_relaxed);

	return n >= lobby.connections && n <= lobby.nrows;
}

bool lobby_may_tell(enum lobby_word word)
{
	_Atomic uint64_t *at = &lobby.head->told_at[word];
	uint64_t now = clock_ms(), told = atomic_load(at);

	return (told == 0 || now - told >= TELL_MS)
	    && atomic_compare_exchange_strong(at, &told, now);
}

/* At the limit every client that comes shuts the door, and every one that
 * leaves opens it: that is one event, not thousands. */
static void shut(const char *why)
{
	lobby_listeners_out();
	if (atomic_exchange(&lobby.head->full, 1) == 0
	    && lobby_may_tell(LOBBY_NO_ROOM))
		log_warn("%s: %u clients are here, others wait", why,
		    atomic_load(&lobby.head->clients));
}

void lobby_full(void)
{
	shut("no room for more");
	/* whoever left between count and flag did not see the flag */
	if (!is_crowded())
		lobby_not_full();
}

void lobby_not_full(void)
{
	if (is_crowded())
		return;
	lobby_arrivals_in();
	if (atomic_exchange(&lobby.head->full, 0) == 1
	    && lobby_order() == LOBBY_RUN)
		lobby_listeners_in();
}

void lobby_mend_door(void)
{
	lobby_arrivals_in();
	if (is_crowded() || lobby_order() != LOBBY_RUN)
		return;
	atomic_store(&lobby.head->full, 0);
	lobby_listeners_in();
}

static bool is_short_of(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS
	    || error == ENOMEM;
}

static struct conn *accept_one(unsigned i)
{
	const struct lobby_listener *l = &lobby.listeners[i];
	struct sockaddr_storage from = {0};
	socklen_t n = sizeof from;

	if (is_crowded()) {
		lobby_full();
		return NULL;
	}
	note_take(NOTE_ACCEPT, 0, 0);
	FAULT(accept_noted);
	int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK);
	int error = errno;
	struct conn *c = NULL;
	FAULT(accept_taken);
	if (fd >= 0)
		c = lobby_hang_client(fd, l, (struct sockaddr *)&from);
	FAULT(accept_hung);
	note_clear();
	/* whoever closes a descriptor, or the steward, opens it again */
	if (fd < 0 && is_short_of(error))
		shut("no descriptors are left");
	return c;
}

/* An event of a backend is one of the client's row that it is bound to; one
 * of an idle connection means that the backend has closed it: the steward's
 * next look or the next taker finds out. */
static struct conn *take_bound(struct conn *b, uint32_t serial)
{
	uint64_t w = conn_word(b);

	if (word_serial(w) != serial || word_state(w) != CONN_BOUND)
		return NULL;
	uint64_t binding = atomic_load_explicit(&b->binding,
	    memory_order_acquire);
	unsigned row = (uint32_t)binding;
	if (row >= lobby.nrows)
		return NULL;
	struct conn *c = lobby_get(row);
	return lobby_take(c, (uint32_t)(binding >> 32)) ? c : NULL;
}

static struct conn *take_event(uint64_t data)
{
	enum conn_kind kind = (enum conn_kind)(data >> 24 & 0xff);
	unsigned row = data & 0xffffff;
	uint32_t serial = (uint32_t)(data >> 32);

	if (kind == CONN_LISTENER)
		return accept_one(row);
	if (kind == CONN_ARRIVALS)
		return arrive();
	struct conn *c = lobby_get(row);
	if (kind == CONN_BACKEND)
		return take_bound(c, serial);
	return lobby_take(c, serial) ? c : NULL;
}

struct conn *lobby_accept(void)
{
	for (;;) {
		struct epoll_event ev;
		int n = epoll_wait(lobby.door, &ev, 1, -1);
		if (n < 1) {
			if (n < 0 && errno != EINTR)
				die("epoll_wait: %m");
			continue;
		}
		FAULT(row_waiting);
		uint64_t data = ev.data.u64;
		if ((data >> 24 & 0xff) == CONN_BELL)
			return NULL;
		struct conn *c = take_event(data);
		FAULT(row_taken);
		if (c == NULL)
			continue;
		c->rung = 0;
		return c;
	}
}
