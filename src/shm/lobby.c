/* SPDX-License-Identifier: BSD-2-Clause */
/* The lobby: one epoll set shared by the family, and the owner words. */
#include "shm/lobby.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "shm/call.h"
#include "shm/slot.h"

struct lobby lobby;

/* What each wait arms, on the client and on its backend. */
static const struct arms {
	uint32_t client, backend;
} arms[WAIT_COUNT] = {
	[WAIT_NOTHING] = {0, 0},
	[WAIT_CLIENT] = {EPOLLIN, 0},
	[WAIT_CLIENT_ROOM] = {EPOLLOUT, 0},
	[WAIT_CONNECT] = {0, EPOLLOUT},
	[WAIT_BACKEND_ROOM] = {0, EPOLLIN | EPOLLOUT},
	[WAIT_BODY] = {EPOLLIN, EPOLLIN},
	[WAIT_BACKEND] = {0, EPOLLIN},
	[WAIT_RELAY] = {EPOLLOUT, EPOLLIN},
	[WAIT_TURN] = {0, 0},
	[WAIT_ALL] = {EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLOUT},
};

static struct arms arms_of(unsigned wait)
{
	static const uint32_t events[4] = {0, EPOLLIN, EPOLLOUT,
		EPOLLIN | EPOLLOUT};

	if (wait < WAIT_COUNT)
		return arms[wait];
	MUST(wait > WAIT_BITS && wait < 2 * WAIT_BITS);
	return (struct arms){events[wait & 3], events[wait >> 2 & 3]};
}

bool lobby_wait_reads(unsigned wait, unsigned side)
{
	struct arms a = arms_of(wait);

	return (side == SIDE_CLIENT ? a.client : a.backend) & EPOLLIN;
}

/* An event carries serial (32), kind (8) and row (24). */
static uint64_t event_tag(unsigned row, uint32_t serial, enum conn_kind kind)
{
	return (uint64_t)serial << 32 | (uint64_t)kind << 24 | row;
}

static size_t whole_pages(size_t bytes)
{
	return (bytes + 4095) & ~(size_t)4095;
}

bool lobby_create(struct lobby *l, unsigned nrows)
{
	size_t head = 4096, due = whole_pages(nrows * 8u);
	size_t pins = whole_pages(nrows * 4u);
	size_t rows = whole_pages(sizeof(struct conn) * nrows);
	size_t sessions = whole_pages(sizeof(struct session) * nrows);

	l->area = area_create("portico-rows", head + due + 2 * pins + rows
	    + sessions + sizeof(struct arrival) * SLOTS);
	if (l->area.at == NULL)
		return false;
	l->head = l->area.at;
	l->due = (void *)((char *)l->area.at + head);
	l->pins = (void *)((char *)l->due + due);
	l->waits = (void *)((char *)l->pins + pins);
	l->rows = (void *)((char *)l->waits + pins);
	l->sessions = (void *)((char *)l->rows + rows);
	l->hands = (void *)((char *)l->sessions + sessions);
	l->nrows = nrows;
	return true;
}

static bool arm(int fd, uint32_t serial, enum conn_kind kind, uint32_t events,
    bool in_set)
{
	struct epoll_event ev = {.events = events,
	    .data.u64 = event_tag((unsigned)fd, serial, kind)};
	int op = in_set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (epoll_ctl(lobby.door, op, fd, &ev) == 0)
		return true;
	if (errno != ENOENT && errno != EEXIST)
		return false;
	op = in_set ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	return epoll_ctl(lobby.door, op, fd, &ev) == 0;
}

static void arm_row(struct conn *c, uint32_t events)
{
	unsigned row = lobby_row(c);

	if (events == 0)
		return;
	if (!arm((int)row, conn_serial(c), (enum conn_kind)c->kind,
	    events | EPOLLONESHOT, c->in_set))
		log_err("epoll_ctl on descriptor %u: %m", row);
	c->in_set = 1;
}

static void note_top(unsigned row)
{
	uint32_t top = atomic_load_explicit(&lobby.head->top,
	    memory_order_relaxed);

	while (row >= top)
		if (atomic_compare_exchange_weak(&lobby.head->top, &top,
		    row + 1))
			return;
}

static void fix_row(int fd, enum conn_kind kind)
{
	struct conn *c = lobby_get((unsigned)fd);

	conn_reset(c, kind);
	atomic_store(&c->word, word_make(1, 0, CONN_OWNED));
	note_top((unsigned)fd);
}

bool lobby_open(void)
{
	lobby.door = epoll_create1(EPOLL_CLOEXEC);
	lobby.sleep = epoll_create1(EPOLL_CLOEXEC);
	lobby.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (lobby.door < 0 || lobby.sleep < 0 || lobby.wake < 0)
		return false;
	for (int fd = 0; fd < 3; fd++)
		fix_row(fd, CONN_STDIO);
	fix_row(lobby.door, CONN_AWAY);
	fix_row(lobby.sleep, CONN_AWAY);
	fix_row(lobby.bell, CONN_BELL);
	fix_row(lobby.wake, CONN_ORDER);
	fix_row(lobby.order, CONN_ORDER);
	fix_row(lobby.report, CONN_ORDER);
	for (unsigned i = 0; i < lobby.nlisteners; i++)
		fix_row(lobby.listeners[i].fd, CONN_LISTENER);
	if (lobby.arrivals[0] > 0) {
		fix_row(lobby.arrivals[0], CONN_ARRIVALS);
		fix_row(lobby.calls[1], CONN_ORDER);
		fix_row(lobby.checked[0], CONN_ORDER);
	}
	return arm(lobby.bell, 1, CONN_BELL, EPOLLIN, false);
}

/* The row is as new, and nobody's still. NULL and fd closed: there is none. */
static struct conn *row_for(int fd, enum conn_kind kind)
{
	if ((unsigned)fd >= lobby.nrows) {
		close(fd);
		return NULL;
	}
	struct conn *c = lobby_get((unsigned)fd);
	uint64_t w = conn_word(c);
	if (word_state(w) != CONN_FREE)
		panic("descriptor %d has a row in state %d", fd,
		    word_state(w));
	conn_reset(c, kind);
	note_top((unsigned)fd);
	if (kind == CONN_CLIENT)
		atomic_fetch_add(&lobby.head->clients, 1);
	return c;
}

static void own(struct conn *c)
{
	atomic_store_explicit(&c->word, word_make(conn_serial(c), slot_me,
	    CONN_OWNED), memory_order_release);
}

struct conn *lobby_hang(int fd, enum conn_kind kind)
{
	struct conn *c = row_for(fd, kind);

	if (c)
		own(c);
	return c;
}

static void take_from(struct conn *c, const struct sockaddr *from)
{
	memset(&c->from, 0, sizeof c->from);
	c->from.sa.sa_family = AF_UNIX;
	if (from->sa_family == AF_INET)
		memcpy(&c->from.in, from, sizeof c->from.in);
	else if (from->sa_family == AF_INET6)
		memcpy(&c->from.in6, from, sizeof c->from.in6);
}

/* Before it is ours: who dies right then leaves no client of another name. */
struct conn *lobby_hang_client(int fd, const struct lobby_listener *l,
    const struct sockaddr *from)
{
	struct conn *c = row_for(fd, CONN_CLIENT);

	if (c == NULL)
		return NULL;
	c->listener = (uint8_t)l->index;
	c->is_unix = l->is_unix;
	take_from(c, from);
	FAULT(client_filled);
	own(c);
	return c;
}

/* What it brings may be hung in its flow before it is ours. */
struct conn *lobby_hang_arrival(int fd, const struct lobby_listener *l,
    const struct arrival *a)
{
	struct conn *c = row_for(fd, CONN_CLIENT);

	if (c == NULL)
		return NULL;
	c->listener = (uint8_t)l->index;
	c->is_unix = l->is_unix;
	take_from(c, &a->from.sa);
	lobby.sessions[lobby_row(c)] = a->session;
	/* until what is known of it hangs there it cannot be served */
	c->flow[0].flags = a->nfacts ? FLOW_LOST : 0;
	c->flow[0].secure = SECURE_CLIENT;
	c->flow[0].side[SIDE_CLIENT] = (struct secure){.on = 1,
	    .wire_rx = a->rx, .wire_tx = a->tx, .rseq = a->rseq,
	    .wseq = a->wseq};
	FAULT(client_filled);
	own(c);
	return c;
}

bool lobby_take(struct conn *c, uint32_t serial)
{
	uint64_t w = atomic_load(&c->word);

	for (;;) {
		if (word_serial(w) != serial)
			return false;
		if (word_state(w) == CONN_PARKED) {
			if (atomic_compare_exchange_weak_explicit(&c->word,
			    &w, word_make(serial, slot_me, CONN_OWNED),
			    memory_order_seq_cst, memory_order_seq_cst))
				return true;
		} else if (word_state(w) == CONN_OWNED) {
			if (w & WORD_FIRED)
				return false;
			if (atomic_compare_exchange_weak(&c->word, &w,
			    w | WORD_FIRED))
				return false;
		} else {
			return false;
		}
	}
}

/* Who parks a row with an earlier deadline than the steward's next look. */
static void set_due(struct conn *c, uint64_t deadline)
{
	_Atomic uint64_t *due = &lobby.due[lobby_row(c)];

	if (atomic_load_explicit(due, memory_order_relaxed) == deadline)
		return;
	atomic_store_explicit(due, deadline, memory_order_seq_cst);
	if (deadline && deadline < atomic_load(&lobby.head->wakes_at)) {
		uint64_t one = 1;
		if (write(lobby.wake, &one, sizeof one) < 0)
			log_debug("the steward has been woken already");
	}
}

/* Who grants sets `granted`, then looks at the word; who parks has cleared
 * `fired` in the word, then looks here. All four are sequentially consistent:
 * one of both sees what the other has done. Likewise with the verdict, and
 * with the entry that the row waits for. */
static bool turn_has_come(const struct conn *c, const struct flow *f)
{
	return f->wait == WAIT_TURN && (atomic_load(&c->granted)
	    || call_verdict(c, f) != VERDICT_NONE
	    || (c->awaits && cache_has_moved(c->awaits, c->seen_word,
	    c->seen_length)));
}

static bool put_down(struct conn *c, const struct flow *f, uint32_t client,
    uint32_t backend)
{
	uint32_t serial = conn_serial(c);
	uint64_t w;

	atomic_fetch_and(&c->word, ~(uint64_t)WORD_FIRED);
	conn_publish(c, f);
	FAULT(park_published);
	if (client == 0 && turn_has_come(c, f))
		return false;
	set_due(c, f->deadline);
	arm_row(c, client);
	if (f->peer >= 0)
		arm_row(lobby_get((unsigned)f->peer), backend);
	FAULT(park_armed);
	w = word_make(serial, slot_me, CONN_OWNED);
	if (!atomic_compare_exchange_strong_explicit(&c->word, &w,
	    word_make(serial, 0, CONN_PARKED), memory_order_acq_rel,
	    memory_order_acquire))
		return false;
	FAULT(park_done);
	return true;
}

bool lobby_park(struct conn *c, const struct flow *f)
{
	MUST(c->magic == CONN_MAGIC);
	struct arms a = arms_of(f->wait);
	return put_down(c, f, a.client, a.backend);
}

void lobby_ring(struct conn *c, const struct flow *f)
{
	const struct arms *all = &arms[WAIT_ALL];

	c->rung = 1;
	while (!put_down(c, f, all->client, all->backend))
		;
}

void lobby_look_again(struct conn *c, uint32_t serial)
{
	if (!lobby_take(c, serial))
		return;
	struct flow f = *conn_flow(c);
	/* armed for its wait alone a row that was rung would sleep on */
	if (c->rung || !lobby_park(c, &f))
		lobby_ring(c, &f);
}

/* The binding first: who reads the word reads the binding after it. */
void lobby_bind(struct conn *bound, const struct conn *c)
{
	atomic_store_explicit(&bound->binding, binding_make(lobby_row(c),
	    conn_serial(c)), memory_order_release);
	atomic_store_explicit(&bound->word, word_make(conn_serial(bound), 0,
	    CONN_BOUND), memory_order_release);
}

void lobby_unbind(struct conn *bound)
{
	atomic_store_explicit(&bound->word, word_make(conn_serial(bound),
	    slot_me, CONN_OWNED), memory_order_release);
}

static void unhang(struct conn *c)
{
	uint64_t w = conn_word(c);

	MUST(word_state(w) == CONN_OWNED || word_state(w) == CONN_BOUND);
	MUST(c->queued == 0);
	if (c->kind == CONN_CLIENT)
		atomic_fetch_sub(&lobby.head->clients, 1);
	if (conn_flow(c)->secure)
		explicit_bzero(&lobby.sessions[lobby_row(c)],
		    sizeof(struct session));
	FAULT(close_wiped);
	atomic_store_explicit(&lobby.due[lobby_row(c)], 0,
	    memory_order_relaxed);
	atomic_store_explicit(&c->word, word_make(word_serial(w) + 1, 0,
	    CONN_FREE), memory_order_release);
}

void lobby_close(struct conn *c)
{
	unsigned row = lobby_row(c);
	bool client = c->kind == CONN_CLIENT;

	note_take(NOTE_CLOSE, row, conn_serial(c));
	FAULT(close_noted);
	unhang(c);
	FAULT(close_freed);
	close((int)row);
	FAULT(close_done);
	note_clear();
	if (client && atomic_load_explicit(&lobby.head->full,
	    memory_order_relaxed))
		lobby_not_full();
}

void lobby_close_bare(int fd)
{
	note_take(NOTE_CLOSE, (uint32_t)fd, 0);
	close(fd);
	note_clear();
}

void lobby_ring_bell(void)
{
	uint64_t one = 1;

	if (write(lobby.bell, &one, sizeof one) < 0)
		log_debug("the bell rings already");
}
