/* SPDX-License-Identifier: BSD-2-Clause */
/* A seat: what is in flight at a backend, and its idle connections. */
#include "shm/seat.h"

#include "base/fault.h"
#include "base/log.h"
#include "shm/call.h"
#include "shm/lobby.h"
#include "shm/queue.h"
#include "shm/slot.h"

#define LOOKS 16 /* at idle connections that are for another name */

static void push(struct seat *s, struct conn *peer)
{
	peer->prev = 0;
	peer->next = s->idle;
	if (s->idle)
		lobby_get(s->idle)->prev = lobby_row(peer);
	s->idle = lobby_row(peer);
	s->nidle++;
}

static void unlink_idle(struct seat *s, struct conn *peer)
{
	if (peer->prev)
		lobby_get(peer->prev)->next = peer->next;
	else
		s->idle = peer->next;
	if (peer->next)
		lobby_get(peer->next)->prev = peer->prev;
	s->nidle--;
}

static void set_state(struct conn *peer, unsigned slot, enum conn_state state)
{
	atomic_store_explicit(&peer->word, word_make(conn_serial(peer), slot,
	    state), memory_order_release);
}

/* Readers of the count have no lock: it is written once. */
static void rebuild(struct seat *s)
{
	uint32_t backend = (uint32_t)(s - seats.at), top = lobby_top();
	uint32_t inflight = 0;

	s->nidle = 0;
	s->idle = 0;
	for (uint32_t row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		uint64_t w = conn_word(c);
		if (word_state(w) == CONN_FREE)
			continue;
		if (conn_has_requests(c) && c->holds == backend + 1)
			inflight++;
		/* the number may be another's by now: the same word says no */
		if (c->kind == CONN_BACKEND && word_state(w) == CONN_PARKED
		    && c->backend == backend && conn_word(c) == w)
			push(s, c);
	}
	atomic_store(&seats.inflight[backend], inflight);
}

struct seat *seat_lock(unsigned backend)
{
	MUST(backend < seats.n);
	struct seat *s = &seats.at[backend];

	if (lock_take(&s->lock))
		rebuild(s);
	FAULT(seat_locked);
	return s;
}

void seat_unlock(unsigned backend)
{
	lock_release(&seats.at[backend].lock);
}

static void add(unsigned backend, uint32_t n)
{
	uint32_t old = atomic_load_explicit(&seats.inflight[backend],
	    memory_order_relaxed);

	atomic_store_explicit(&seats.inflight[backend], old + n,
	    memory_order_relaxed);
}

/* The first of the stack, where they are all for one name. */
static struct conn *find_idle(const struct seat *s, uint32_t mark)
{
	uint32_t row = s->idle;

	for (unsigned i = 0; row && i < LOOKS; i++) {
		if (lobby_get(row)->mark == mark)
			return lobby_get(row);
		row = lobby_get(row)->next;
	}
	return NULL;
}

static struct conn *pop_for(struct seat *s, struct conn *c, uint32_t mark)
{
	struct conn *peer = find_idle(s, mark);

	if (peer == NULL)
		return NULL;
	unlink_idle(s, peer);
	FAULT(seat_popped);
	lobby_bind(peer, c);
	return peer;
}

struct conn *seat_hold(unsigned backend, struct conn *c, bool idle,
    struct slice host)
{
	MUST(c->holds == 0);
	uint32_t mark = call_mark(seats.backend[backend], host);
	struct seat *s = seat_lock(backend);
	struct conn *peer = NULL;

	add(backend, 1);
	FAULT(seat_counted);
	atomic_store_explicit(&c->holds, backend + 1, memory_order_release);
	if (idle)
		peer = pop_for(s, c, mark);
	seat_unlock(backend);
	return peer;
}

struct conn *seat_idle(struct conn *c, struct slice host)
{
	uint32_t holds = atomic_load_explicit(&c->holds, memory_order_relaxed);

	MUST(holds != 0);
	uint32_t mark = call_mark(seats.backend[holds - 1], host);
	struct seat *s = seat_lock(holds - 1);
	struct conn *peer = pop_for(s, c, mark);
	seat_unlock(holds - 1);
	return peer;
}

static bool push_idle(struct seat *s, struct conn *peer, unsigned most_idle,
    uint64_t deadline)
{
	if (s->nidle >= most_idle)
		return false;
	atomic_store_explicit(&lobby.due[lobby_row(peer)], deadline,
	    memory_order_relaxed);
	push(s, peer);
	set_state(peer, 0, CONN_PARKED);
	return true;
}

static bool let_go(struct conn *c, unsigned backend, struct conn *peer,
    unsigned most_idle, uint64_t deadline)
{
	struct seat *s = seat_lock(backend);

	atomic_store_explicit(&c->holds, 0, memory_order_relaxed);
	add(backend, (uint32_t)-1);
	bool kept = peer != NULL && push_idle(s, peer, most_idle, deadline);
	FAULT(seat_given);
	seat_unlock(backend);
	return kept;
}

bool seat_keep(struct conn *peer, unsigned most_idle, uint64_t deadline)
{
	struct seat *s = seat_lock(peer->backend);
	bool kept = push_idle(s, peer, most_idle, deadline);

	seat_unlock(peer->backend);
	return kept;
}

bool seat_give(struct conn *c, struct conn *peer, unsigned most_idle,
    uint64_t deadline)
{
	uint32_t holds = atomic_load_explicit(&c->holds, memory_order_relaxed);
	struct calls calls = {0};

	if (holds == 0)
		return false;
	MUST(holds <= seats.n);
	const struct conf_backend *b = seats.backend[holds - 1];
	const struct conf_pool *pool = &seats.conf->pools[b->pool];
	if (!pool->limited)
		return let_go(c, b->index, peer, most_idle, deadline);
	struct pool_seat *p = pool_lock(pool);
	atomic_store_explicit(&c->granted, 0, memory_order_relaxed);
	bool kept = let_go(c, b->index, peer, most_idle, deadline);
	if (p->length)
		queue_pass(pool, b->index, &calls);
	pool_unlock(pool);
	queue_ring(pool, &calls, NULL);
	return kept;
}

bool seat_remove(struct conn *peer, uint32_t serial)
{
	uint32_t backend = peer->backend;
	bool found = false;

	if (backend >= seats.n)
		return false;
	struct seat *s = seat_lock(backend);
	uint64_t w = conn_word(peer);
	if (peer->kind == CONN_BACKEND && peer->backend == backend
	    && word_serial(w) == serial && word_state(w) == CONN_PARKED) {
		unlink_idle(s, peer);
		set_state(peer, slot_me, CONN_OWNED);
		found = true;
	}
	seat_unlock(backend);
	return found;
}

/* As deep as find_idle looks: below that nobody finds it anyway. */
struct conn *seat_remove_other(const struct conn *than)
{
	struct seat *s = seat_lock(than->backend);
	uint32_t row = s->idle;
	struct conn *found = NULL;

	for (unsigned i = 0; row && i < LOOKS; i++) {
		if (lobby_get(row)->mark != than->mark)
			found = lobby_get(row);
		row = lobby_get(row)->next;
	}
	if (found) {
		unlink_idle(s, found);
		set_state(found, slot_me, CONN_OWNED);
	}
	seat_unlock(than->backend);
	return found;
}

struct conn *seat_remove_any(void)
{
	for (unsigned i = 0; i < seats.n; i++) {
		uint32_t row = atomic_load_explicit(&seats.at[i].idle,
		    memory_order_relaxed);
		if (row == 0 || row >= lobby.nrows)
			continue;
		struct conn *peer = lobby_get(row);
		if (seat_remove(peer, conn_serial(peer)))
			return peer;
	}
	return NULL;
}

uint32_t seat_older(unsigned backend)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < seats.nolder; i++) {
		const struct seats_older *o = &seats.older[i];
		if (o->index[backend] != UINT16_MAX
		    && !atomic_load_explicit(&o->head->over,
		    memory_order_relaxed))
			n += atomic_load_explicit(
			    &o->inflight[o->index[backend]],
			    memory_order_relaxed);
	}
	return n;
}

unsigned seat_inflight(unsigned backend)
{
	return atomic_load_explicit(&seats.inflight[backend],
	    memory_order_relaxed) + seat_older(backend);
}
