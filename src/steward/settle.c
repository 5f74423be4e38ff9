/* SPDX-License-Identifier: BSD-2-Clause */
/* Settling: giving back, or going on with, what a dead process held. */
#include "steward/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "shm/arrive.h"
#include "shm/cache.h"
#include "shm/call.h"
#include "shm/lobby.h"
#include "shm/pages.h"
#include "shm/seats.h"
#include "shm/slot.h"
#include "steward/sweep.h"

#define PIPED_MOST (1u << 24) /* more than any pipe holds */

static char *reachable; /* a byte a page */

void settle_init(void)
{
	free(reachable);
	reachable = calloc(pages.count + 1, 1);
	if (reachable == NULL)
		die("no memory to settle with");
}

/* Also undone by it: a page that is marked twice. */
static void mark(uint32_t page, char value)
{
	if (page <= pages.count)
		reachable[page] = value;
}

static void mark_chain(const struct chain *c, char value)
{
	uint32_t n = c->head;

	for (unsigned i = 0; n && i <= PAGES_PER_ROW; i++) {
		mark(n, value);
		if (n == c->tail)
			return;
		n = page_get(n)->next;
	}
}

static void mark_flow(const struct flow *f, char value)
{
	mark(f->in, value);
	mark(f->head, value);
	mark(f->req, value);
	mark(f->bhead, value);
	mark(f->bin, value);
	mark(f->facts, value);
	mark_chain(&f->body, value);
	mark_chain(&f->out, value);
	for (unsigned side = SIDE_CLIENT; side <= SIDE_BACKEND; side++)
		if (f->secure >> side & 1) {
			mark(f->side[side].raw, value);
			mark(f->side[side].plain, value);
			mark_chain(&f->side[side].sealed, value);
		}
}

static void settle_pages(struct conn *c, const struct flow *f)
{
	mark_flow(f, 1);
	pages_settle_row(lobby_row(c), conn_serial(c), reachable);
	mark_flow(f, 0);
}

static bool is_bound_to(const struct conn *peer, const struct conn *c)
{
	return word_state(conn_word(peer)) == CONN_BOUND
	    && peer->binding == binding_make(lobby_row(c), conn_serial(c));
}

/* Connections and pipes that are bound to the row, and that its flow does not
 * name. */
static void close_orphans(struct conn *c, const struct flow *f)
{
	unsigned top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *peer = lobby_get(row);
		if ((peer->kind == CONN_BACKEND || peer->kind == CONN_PIPE)
		    && (int)row != f->peer && (int)row != f->pipe_in
		    && (int)row != f->pipe_out && is_bound_to(peer, c))
			lobby_close(peer);
	}
}

/* What the flow names may have been given back already. */
static void forget_unbound(int32_t *row, const struct conn *c)
{
	if (*row >= 0 && ((unsigned)*row >= lobby.nrows
	    || !is_bound_to(lobby_get((unsigned)*row), c)))
		*row = -1;
}

static void settle_peer(struct conn *c, struct flow *f)
{
	forget_unbound(&f->peer, c);
	if (f->peer < 0)
		f->secure &= ~(uint32_t)SECURE_BACKEND;
	forget_unbound(&f->pipe_in, c);
	forget_unbound(&f->pipe_out, c);
	if (f->pipe_in < 0 || f->pipe_out < 0)
		f->pipe_in = f->pipe_out = -1;
	close_orphans(c, f);
	/* a place that it was given while it waited is its own still */
	if (f->peer < 0 && c->holds && !c->granted)
		seat_give(c, NULL, 0, 0);
}

/* What the dead worker read into the row's pages, and did not say. */
static void catch_up_received(struct flow *f, uint64_t rx)
{
	uint64_t n = rx - f->rx;

	if (rx <= f->rx)
		return;
	if (f->receive == RECEIVE_IN && f->in
	    && n <= page_bytes(f->in) - f->in_end) {
		f->in_end = (uint16_t)(f->in_end + n);
	} else if (f->receive == RECEIVE_BODY && n <= f->body_left
	    && n <= chain_room(&f->body)) {
		chain_grow(&f->body, (uint32_t)n);
		f->body_left -= n;
		if (f->body_left == 0)
			f->flags |= FLOW_BODY_WHOLE;
	} else {
		f->flags |= FLOW_LOST;
	}
	f->rx = rx;
}

/* Bytes behind the chain, from where they lie in the cache: the row's pin keeps
 * them there until the last one is known to be sent. */
static void catch_up_cached(struct flow *f, uint64_t n)
{
	struct page_drop drop = {0};
	uint64_t at = f->from.at + (n - f->out.length);

	chain_clear(&f->out, &drop);
	if (at > f->from_end || f->entry == 0 || f->entry > cache.nentries)
		f->flags |= FLOW_LOST;
	else if (at < f->from_end)
		cache_seek(&f->from, f->entry, at);
	else
		f->from.at = at;
}

static void catch_up_sent(struct flow *f, uint64_t tx)
{
	struct page_drop drop = {0};

	if (tx <= f->tx)
		return;
	if (tx - f->tx <= f->out.length)
		chain_consume(&f->out, tx - f->tx, &drop);
	else if (f->flags & FLOW_CACHED)
		catch_up_cached(f, tx - f->tx);
	else if (f->pipe_in < 0 || f->out.length)
		f->flags |= FLOW_LOST;
	else
		f->piped -= tx - f->tx; /* read below may be behind, too */
	f->tx = tx;
}

/* Records: what came is opened by who goes on, what has gone was sealed. */
static void catch_up_records(struct flow *f, unsigned side, uint64_t rx,
    uint64_t tx)
{
	struct secure *x = &f->side[side];
	struct page_drop drop = {0};
	uint64_t came = rx - x->wire_rx, went = tx - x->wire_tx;

	if (rx > x->wire_rx) {
		if (x->raw && came <= page_bytes(x->raw) - x->raw_end)
			x->raw_end = (uint16_t)(x->raw_end + came);
		else
			f->flags |= FLOW_LOST;
		x->wire_rx = rx;
	}
	if (tx > x->wire_tx) {
		if (went <= x->sealed.length)
			chain_consume(&x->sealed, went, &drop);
		else
			f->flags |= FLOW_LOST;
		x->wire_tx = tx;
	}
}

/* The dead of this family. What a steward was settling when it died as well
 * is its own, and what is known of it is still in the slot of another. */
static bool is_dead_of_ours(unsigned n)
{
	return slot_is_dead(n)
	    && atomic_load(&slots.at[n].generation) == slot_self->generation;
}

static bool is_noted(enum note_kind kind, const struct conn *c)
{
	uint64_t note = note_make(kind, lobby_row(c), conn_serial(c));

	for (unsigned n = 1; n < SLOTS; n++)
		if (is_dead_of_ours(n)
		    && atomic_load(&slots.at[n].note) == note)
			return true;
	return false;
}

/* A unix socket has no counts: whether somebody died while he used it. */
static bool died_at(const struct conn *c)
{
	return c->is_unix && is_noted(NOTE_UNIX, c);
}

static void settle_client_counts(const struct conn *c, struct flow *f)
{
	uint64_t rx, tx;

	if (conn_counts(c, (int)lobby_row(c), &rx, &tx)) {
		if (f->secure & SECURE_CLIENT) {
			catch_up_records(f, SIDE_CLIENT, rx, tx);
		} else {
			catch_up_received(f, rx);
			catch_up_sent(f, tx);
		}
	}
	if (died_at(c))
		f->flags |= FLOW_LOST;
}

static void settle_peer_counts(struct conn *c, struct flow *f)
{
	struct conn *peer = lobby_get((unsigned)f->peer);
	uint64_t rx, tx, n;

	if (died_at(peer)) {
		f->peer = -1;
		f->secure &= ~(uint32_t)SECURE_BACKEND;
		f->sent = f->sent ? f->sent : 1; /* some of it, perhaps */
		close_orphans(c, f);
		seat_give(c, NULL, 0, 0);
		return;
	}
	if (f->secure & SECURE_BACKEND) {
		if (conn_counts(peer, f->peer, &rx, &tx))
			catch_up_records(f, SIDE_BACKEND, rx, tx);
		return;
	}
	if (!conn_counts(peer, f->peer, &rx, &tx)) {
		if (f->sent == 0 && !peer->is_unix
		    && !conn_is_connecting(f->peer))
			f->sent = 1;
		return;
	}
	if (tx > f->btx + f->sent)
		f->sent = tx - f->btx;
	n = rx - f->brx;
	if (rx <= f->brx)
		return;
	if (f->pipe_in >= 0 && n <= f->res_left) {
		f->piped += n;
		f->res_left -= n;
	} else if (f->bin && n <= page_bytes(f->bin) - f->bin_end) {
		f->bin_end = (uint16_t)(f->bin_end + n);
	} else {
		f->flags |= FLOW_LOST;
	}
	f->brx = rx;
}

static void settle_line(const struct conn *c, struct flow *f)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (is_dead_of_ours(n) && slots.at[n].role == SLOT_WORKER
		    && ring_has_last(&slots.at[n].ring, lobby_row(c),
		    conn_serial(c), c->number))
			f->flags |= FLOW_LOGGED;
}

static void close_row(struct conn *c)
{
	if (conn_has_requests(c))
		cache_settle_row(lobby_row(c), conn_serial(c), 0, 0);
	lobby_close(c);
}

static void settle_client(struct conn *c, unsigned slot)
{
	struct flow f;

	/* who received it died before it could say what is known of it */
	if (!arrive_complete(c)) {
		settle_pages(c, conn_flow(c));
		close_row(c);
		return;
	}
	f = *conn_flow(c);
	settle_peer(c, &f);
	settle_client_counts(c, &f);
	if (f.peer >= 0)
		settle_peer_counts(c, &f);
	if (f.piped > PIPED_MOST) /* one of both counts could not be had */
		f.flags |= FLOW_LOST;
	settle_line(c, &f);
	/* who was about to ring it has not carried it */
	if (slots.at[slot].role == SLOT_WORKER && !c->granted
	    && c->deaths < 2 * CONN_DEATHS)
		c->deaths = (uint8_t)(c->deaths
		    + (slots.at[slot].crashed ? CONN_CRASH : 1));
	/* who dies in here is not to leave chains through others' pages */
	conn_publish(c, &f);
	settle_pages(c, &f);
	/* what of the cache it has: that its flow names, and no more */
	cache_settle_row(lobby_row(c), conn_serial(c), f.fill, f.entry);
	lobby_ring(c, &f);
}

static void settle_row(struct conn *c, unsigned slot)
{
	uint64_t w = conn_word(c);

	if (word_state(w) != CONN_OWNED || word_slot(w) != slot)
		return;
	if (!atomic_compare_exchange_strong(&c->word, &w, word_make(
	    word_serial(w), slot_me, CONN_OWNED)))
		return; /* fired just now: the next round takes it */
	FAULT(settle_row);
	/* all that it held has been given back, perhaps its keys as well */
	if (conn_has_requests(c) && !is_noted(NOTE_CLOSE, c))
		settle_client(c, slot);
	else
		close_row(c);
}

static void settle_rows(unsigned slot)
{
	unsigned top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		struct conn *c = lobby_get(row);
		while (word_state(conn_word(c)) == CONN_OWNED
		    && word_slot(conn_word(c)) == slot)
			settle_row(c, slot);
	}
}

static void arm_again(struct conn *c)
{
	uint32_t serial = conn_serial(c);

	if (conn_has_requests(c)
	    && word_state(conn_word(c)) == CONN_PARKED)
		lobby_look_again(c, serial);
}

void settle_arm(unsigned part, unsigned parts)
{
	unsigned top = lobby_top();

	for (unsigned row = part; row < top; row += parts)
		if (row >= LOBBY_FIRST)
			arm_again(lobby_get(row));
}

static void free_slot(unsigned n)
{
	struct slot *slot = &slots.at[n];

	atomic_fetch_add(&slot->incarnation, 1);
	atomic_store(&slot->note, 0);
	atomic_store(&slot->pin, 0);
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->state, SLOT_FREE);
}

static void settle_revival(unsigned n)
{
	struct lock *l = &lobby.head->revival;

	if (lock_is_of(l, n)) {
		lock_take(l);
		lock_release(l);
	}
}

void settle_slot(unsigned n)
{
	enum note_kind kind = note_kind(atomic_load(&slots.at[n].note));

	pages_settle_locks(n);
	seats_settle_locks(n);
	if (cache.head)
		cache_settle_locks(n);
	bans_settle_lock(n);
	settle_revival(n);
	FAULT(settle_locks);
	settle_rows(n);
	pages_settle_slot(n);
	settle_arm(0, 1);
	lobby_arrivals_in();
	if (kind == NOTE_ACCEPT || kind == NOTE_SOCKET || kind == NOTE_CLOSE)
		if (!sweep())
			return; /* a process does not move on: once more */
	arrive_settle(n);
	FAULT(settle_done);
	free_slot(n);
}
