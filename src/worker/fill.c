/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling the cache: from the claim of an entry to its end. */
#include "worker/fill.h"

#include "base/clock.h"
#include "base/fault.h"
#include "shm/chore.h"
#include "shm/slot.h"
#include "worker/cached.h"

#define PATIENCE 100 /* waits for room, as those for pages */

/* Whoever else may have condemned it: it is the row's until that lets go. */
static bool is_ours(const struct stride *s)
{
	const struct entry *e;

	if (s->f.fill == 0 || s->f.fill > cache.nentries)
		return false;
	e = cache_entry(s->f.fill);
	return e->family == atomic_load(&slot_self->generation)
	    && e->row == lobby_row(s->c) && e->serial == conn_serial(s->c);
}

bool fill_is_on(const struct stride *s)
{
	enum entry_state state = is_ours(s) ? cache_state(s->f.fill)
	    : ENTRY_FREE;

	return state == ENTRY_BUSY || state == ENTRY_FILLING;
}

static bool is_filling(const struct stride *s)
{
	return fill_is_on(s) && cache_state(s->f.fill) == ENTRY_FILLING;
}

static void forget(struct stride *s)
{
	s->f.fill = 0;
	s->f.to = (struct cache_place){0};
}

void fill_abandon(struct stride *s)
{
	if (s->f.fill == 0)
		return;
	if (is_ours(s) && cache_state(s->f.fill) != ENTRY_LIVE)
		cache_abandon(s->f.fill);
	FAULT(fill_abandoned);
	forget(s);
}

/* Others have begun to send what comes, or its own client has the rest from
 * here alone: all of them would be cut. What is pinned is let go of in time,
 * and where only a newer family frees, that takes it a moment. */
static bool may_wait_for_room(const struct stride *s, size_t n)
{
	const struct entry *e;

	if (!is_filling(s) || s->f.patience >= PATIENCE)
		return false;
	e = cache_entry(s->f.fill);
	uint64_t total = atomic_load(&e->total);
	return total != CACHE_UNKNOWN && s->f.to.at + n <= total
	    && ((s->f.flags & FLOW_BEHIND) || atomic_load(&e->awaited)
	    || atomic_load(&e->used));
}

/* The chain first: what the flow says that it has written is so if a worker
 * dies here, and is written again if it does not say so. */
enum fill_took fill_bytes(struct stride *s, const char *p, size_t n)
{
	uint64_t most = s->r->route->policy.cache.max_object;
	struct cache_place before = s->f.to;

	if (s->f.fill == 0 || n == 0)
		return s->f.fill ? FILL_TOOK : FILL_GONE;
	if (is_filling(s) && s->f.to.at + n <= most
	    && cache_fill_write(s->f.fill, &s->f.to, p, n)) {
		FAULT(fill_written);
		return FILL_TOOK;
	}
	s->f.to = before;
	if (may_wait_for_room(s, n))
		return FILL_LATER;
	/* of what is too large the next one will be so as well */
	if (s->f.to.at + n > most) {
		fill_again(s);
		fill_mark(s, FILL_MARK);
	} else {
		fill_abandon(s);
	}
	return FILL_GONE;
}

void fill_show(struct stride *s)
{
	FAULT(fill_unshown);
	if (is_filling(s) && s->f.to.at
	    > atomic_load(&cache_entry(s->f.fill)->length))
		cache_fill_show(s->f.fill, s->f.to.at);
}

void fill_end(struct stride *s)
{
	if (s->f.fill == 0)
		return;
	fill_pin_for_client(s);
	stride_publish(s);
	FAULT(fill_whole);
	if (is_filling(s) && cache_fill_end(s->f.fill, stored_fits, s->r)) {
		cached_stored(s);
		fill_count(s);
	}
	FAULT(fill_ended);
	forget(s);
	stride_publish(s);
}

void fill_again(struct stride *s)
{
	uint64_t word;
	uint32_t n;

	if (!is_filling(s))
		return;
	fill_abandon(s);
	if (cache_claim(s->r->key, s->r->key_hash, s->f.entry,
	    lobby_row(s->c), conn_serial(s->c), &n, &word) == CACHE_CLAIMED)
		s->f.fill = n;
}

/* Also for who wants to know how many a chore has brought. */
void fill_count(const struct stride *s)
{
	if (s->c->kind == CONN_REFRESH)
		chore_count(s->c->mark, 1);
}

/* The flow first: what it names is pinned as long as it does. */
void fill_leave(struct stride *s)
{
	if (s->f.fill)
		fill_abandon(s);
	else if (s->f.entry == 0)
		return;
	bool pinned = s->f.entry != 0;
	s->f.entry = 0;
	s->f.from = (struct cache_place){0};
	s->f.from_end = 0;
	stride_publish(s);
	if (pinned)
		cache_pin_row(lobby_row(s->c), 0);
}

void fill_mark(struct stride *s, int64_t seconds)
{
	static char room[STORED_MOST];
	struct buf b;

	buf_init(&b, room, sizeof room);
	if (!fill_is_on(s) || cache_state(s->f.fill) != ENTRY_BUSY
	    || !stored_put_pass(&b, s->r, clock_wall() + seconds)
	    || !cache_fill_pass(s->f.fill, slice_make(room,
	    buf_length(&b)))) {
		fill_abandon(s);
		return;
	}
	FAULT(fill_marked);
	forget(s);
}
