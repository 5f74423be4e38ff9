/* SPDX-License-Identifier: BSD-2-Clause */
/* Seats: per backend what is in flight and which connections are idle. */
#include "shm/seats.h"

#include "base/fault.h"
#include "base/log.h"
#include "shm/lobby.h"
#include "shm/slot.h"

struct seats seats;

bool seats_create(struct seats *s, unsigned nbackends, unsigned npools)
{
	size_t a = sizeof(struct seat) * nbackends;
	size_t b = sizeof(struct pool_seat) * npools;

	s->area = area_create("portico-seats", a + b
	    + sizeof(int32_t) * nbackends + 64);
	if (s->area.at == NULL)
		return false;
	s->at = s->area.at;
	s->pool = (void *)((char *)s->area.at + a);
	s->current = (void *)((char *)s->pool + b);
	s->n = nbackends;
	s->npools = npools;
	return true;
}

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

static void rebuild(struct seat *s)
{
	uint32_t backend = (uint32_t)(s - seats.at), top = lobby_top();

	s->inflight = s->nidle = 0;
	s->idle = 0;
	for (uint32_t row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		uint64_t w = conn_word(c);
		if (word_state(w) == CONN_FREE)
			continue;
		if (c->kind == CONN_CLIENT && c->holds == backend + 1)
			s->inflight++;
		/* the number may be another's by now: the same word says no */
		if (c->kind == CONN_BACKEND && word_state(w) == CONN_PARKED
		    && c->backend == backend && conn_word(c) == w)
			push(s, c);
	}
}

static struct seat *seat_lock(unsigned backend)
{
	struct seat *s = &seats.at[backend];

	MUST(backend < seats.n);
	if (lock_take(&s->lock))
		rebuild(s);
	FAULT(seat_locked);
	return s;
}

static struct conn *pop_for(struct seat *s, struct conn *c)
{
	if (s->idle == 0)
		return NULL;
	struct conn *peer = lobby_get(s->idle);
	unlink_idle(s, peer);
	FAULT(seat_popped);
	lobby_bind(peer, c);
	return peer;
}

struct conn *seat_take(unsigned backend, struct conn *c, bool idle)
{
	struct conn *peer = NULL;
	struct seat *s = seat_lock(backend);

	s->inflight++;
	FAULT(seat_counted);
	atomic_store_explicit(&c->holds, backend + 1, memory_order_relaxed);
	if (idle)
		peer = pop_for(s, c);
	lock_release(&s->lock);
	FAULT(seat_bound);
	return peer;
}

bool seat_give(struct conn *c, struct conn *peer, unsigned most_idle,
    uint64_t deadline)
{
	uint32_t holds = atomic_load_explicit(&c->holds, memory_order_relaxed);
	bool kept = false;

	if (holds == 0)
		return false;
	struct seat *s = seat_lock(holds - 1);
	atomic_store_explicit(&c->holds, 0, memory_order_relaxed);
	s->inflight--;
	if (peer != NULL && s->nidle < most_idle) {
		atomic_store_explicit(&lobby.due[lobby_row(peer)], deadline,
		    memory_order_relaxed);
		push(s, peer);
		set_state(peer, 0, CONN_PARKED);
		kept = true;
	}
	FAULT(seat_given);
	lock_release(&s->lock);
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
	lock_release(&s->lock);
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

void seats_settle_locks(unsigned slot)
{
	for (unsigned i = 0; i < seats.n; i++)
		if (lock_is_of(&seats.at[i].lock, slot))
			lock_release(&seat_lock(i)->lock);
	for (unsigned i = 0; i < seats.npools; i++)
		if (lock_is_of(&seats.pool[i].lock, slot)) {
			if (lock_take(&seats.pool[i].lock))
				seats.pool[i].torn = 1;
			lock_release(&seats.pool[i].lock);
		}
}

void seats_sum(uint32_t *inflight, uint32_t *idle)
{
	*inflight = *idle = 0;
	for (unsigned i = 0; i < seats.n; i++) {
		struct seat *s = seat_lock(i);
		*inflight += s->inflight;
		*idle += s->nidle;
		lock_release(&s->lock);
	}
}
