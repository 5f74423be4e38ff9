/* SPDX-License-Identifier: BSD-2-Clause */
/* Who fetches, and who waits for whom. */
#include "base/clock.h"
#include "base/fault.h"
#include "http/cachestatus.h"
#include "shm/chores.h"
#include "shm/slot.h"
#include "worker/fill.h"
#include "worker/identity.h"
#include "worker/worker.h"

#define WAKE 4 /* rows that each one wakes in its turn */
#define RENEW_AGAIN 10 /* s */

next_step fill_go_alone(struct stride *s)
{
	s->r->alone = true;
	return NEXT(s->f.flags & FLOW_BODY_WHOLE ? STEP_PICK : STEP_BODY);
}

next_step fill_wait_for(struct stride *s, enum step step, uint32_t n,
    uint64_t word, uint64_t length)
{
	s->c->awaits = n;
	s->c->seen_word = word;
	s->c->seen_length = length;
	cache_wait(lobby_row(s->c), n);
	FAULT(fill_waiting);
	if (!cache_has_moved(n, word, length))
		return BECOME(step, WAIT_TURN);
	fill_wait_over(s);
	return NEXT(step);
}

void fill_wait_over(struct stride *s)
{
	uint32_t n = s->c->awaits;

	if (n == 0)
		return;
	s->c->awaits = 0;
	cache_wait_end(lobby_row(s->c));
	if (cache_has_moved(n, s->c->seen_word, s->c->seen_length))
		cache_wake(n, WAKE);
}

/* Of a row of ours: a glance, which may be wrong. */
static bool waits_for_its_client(const struct entry *e)
{
	uint32_t row = atomic_load(&e->row);

	return e->family == atomic_load(&slot_self->generation) && row
	    && row < lobby.nrows
	    && conn_flow(lobby_get(row))->wait == WAIT_CLIENT_ROOM;
}

/* Whoever reads slowly what nobody knows the length of holds up nobody else:
 * what it fetches is for it alone from now on. */
static bool take_from_slow(uint32_t n, uint64_t word)
{
	const struct entry *e = cache_entry(n);
	bool slow;

	if (!cache_pin(n, word))
		return false;
	slow = cache_state(n) == ENTRY_FILLING && e->total == CACHE_UNKNOWN
	    && waits_for_its_client(e);
	if (slow)
		cache_condemn(n);
	cache_unpin();
	return slow;
}

next_step fill_wait(struct stride *s, uint32_t n, uint64_t word)
{
	struct request *r = s->r;

	if (take_from_slow(n, word))
		return NEXT(STEP_LOOKUP);
	if (r->waited_since == 0)
		r->waited_since = s->now;
	if (r->waited_for != n && r->waits < UINT8_MAX)
		r->waits++;
	r->waited_for = n;
	s->f.deadline = r->waited_since + r->route->policy.cache.collapse;
	if (s->now >= s->f.deadline)
		return fill_go_alone(s);
	if (cache_state(n) == ENTRY_LIVE) /* it came since the lookup */
		return NEXT(STEP_LOOKUP);
	r->cached = CACHED_COLLAPSED;
	/* of a response of unknown length the end is waited for */
	return fill_wait_for(s, STEP_LOOKUP, n, word, UINT64_MAX);
}

/* The bytes of its head lie where they came; an empty line may have been
 * before them. */
static struct slice head_of(const struct stride *s)
{
	const struct slice none = {NULL, 0};
	const char *at = s->r->head.method.p, *page;
	struct head_scan_state st = {0};
	size_t length;

	if (s->f.head == 0)
		return none;
	page = page_at(s->f.head);
	if (at < page || at >= page + page_bytes(s->f.head)
	    || head_scan(at, page_bytes(s->f.head) - (size_t)(at - page), &st,
	    &length) != HEAD_WHOLE)
		return none;
	return slice_make(at, length);
}

/* The claim is made here, in the name of the row that will fetch: so there is
 * something to wait for. What came of it before was of no use. */
static next_step fetch_apart(struct stride *s)
{
	struct addr from = conn_from(s->c);
	struct slice head = head_of(s);
	struct flow f;
	struct conn *c = NULL;
	uint64_t word;
	uint32_t n;

	if (head.n && !s->r->apart)
		c = chore_open(s->c->listener, &from, head, 0, &f);
	if (c == NULL)
		return fill_go_alone(s);
	s->r->apart = true;
	switch (cache_claim(s->r->key, s->r->key_hash, s->f.entry,
	    lobby_row(c), conn_serial(c), &n, &word)) {
	case CACHE_CLAIMED:
		f.fill = n;
		f.entry = s->f.entry;
		cache_pin_row(lobby_row(c), f.entry);
		chore_begin(c, &f);
		return fill_wait(s, n, word);
	case CACHE_BUSY:
		chore_drop(c, &f);
		return fill_wait(s, n, word);
	default:
		chore_drop(c, &f);
		return fill_go_alone(s);
	}
}

static next_step fetch(struct stride *s)
{
	uint64_t word;
	uint32_t n;

	switch (cache_claim(s->r->key, s->r->key_hash, s->f.entry,
	    lobby_row(s->c), conn_serial(s->c), &n, &word)) {
	case CACHE_CLAIMED:
		FAULT(fill_claimed);
		s->f.fill = n;
		s->f.to = (struct cache_place){0};
		s->f.step = STEP_PICK;
		stride_publish(s);
		return NEXT(STEP_PICK);
	case CACHE_BUSY:
		return fill_wait(s, n, word);
	default:
		return fill_go_alone(s);
	}
}

bool fill_is_partial(const struct stride *s)
{
	const struct head *h = &s->r->head;

	return head_has(h, FIELD_RANGE) || head_has(h, FIELD_IF_NONE_MATCH)
	    || head_has(h, FIELD_IF_MODIFIED_SINCE);
}

bool fill_is_personal(const struct stride *s)
{
	const struct session *tls = identity_session(s);

	return head_has(&s->r->head, FIELD_AUTHORIZATION)
	    || (tls && tls->verified != SESSION_NO_CERTIFICATE);
}

/* Its answer would be of no use to others, or theirs not what it asks for. */
static bool asks_for_a_part(const struct stride *s)
{
	return s->c->kind != CONN_REFRESH && fill_is_partial(s);
}

/* What comes to who has named himself is seldom for others: nobody waits for
 * it, and where it is after all it is stored. */
static bool asks_for_itself(const struct stride *s)
{
	const struct head *h = &s->r->head;

	return s->r->alone || h->method_id != METHOD_GET
	    || head_has(h, FIELD_AUTHORIZATION)
	    || (s->c->kind != CONN_REFRESH && (head_has(h, FIELD_IF_MATCH)
	    || head_has(h, FIELD_IF_UNMODIFIED_SINCE)));
}

/* RFC 9211, 2.2: a fresh one that the request would not have is not stale. */
static enum cachestatus_fwd reason_of(const struct stride *s,
    const struct cache_found *found)
{
	struct stored had;

	if (s->f.entry == 0)
		return found->others ? FWD_VARY_MISS : FWD_URI_MISS;
	return fill_has_stale(s, &had) && !had.fresh.validate
	    && !atomic_load(&cache_entry(s->f.entry)->invalid)
	    && had.fresh.lifetime > freshness_age(&had.fresh, clock_wall())
	    ? FWD_REQUEST : FWD_STALE;
}

/* Of what depends on who asks many fetch their own, one after the other, and
 * what they get is for nobody else. */
static bool has_waited_in_vain(const struct stride *s,
    const struct cache_found *found)
{
	return found->others && s->f.entry == 0
	    && fill_has_waited(s) && s->r->waited_for != found->busy;
}

next_step fill_claim(struct stride *s, const struct cache_found *found)
{
	next_step next;

	if (fill_is_on(s)) /* a worker died behind its claim; or it was made
			    * for a request without a client */
		return NEXT(STEP_PICK);
	s->f.fill = 0;
	if (s->r->alone)
		return fill_go_alone(s);
	s->r->forwarded = (uint8_t)reason_of(s, found);
	if (s->f.entry == 0 && fill_is_personal(s))
		return fill_go_alone(s);
	if (found->busy && has_waited_in_vain(s, found)) {
		s->r->cached = CACHED_MISS;
		return fill_go_alone(s);
	}
	if (fill_spares(s, &next))
		return next;
	if (found->busy)
		return fill_wait(s, found->busy, found->busy_word);
	s->r->cached = CACHED_MISS;
	if (asks_for_itself(s))
		return fill_go_alone(s);
	return asks_for_a_part(s) ? fetch_apart(s) : fetch(s);
}

/* Whoever of those that use it comes first; later another one, if nothing has
 * come of it. */
static bool may_renew(struct entry *e, uint32_t now)
{
	uint32_t since = atomic_load(&e->renewing);

	return (since == 0 || now - (since >> 2) >= RENEW_AGAIN)
	    && atomic_compare_exchange_strong(&e->renewing, &since, now << 2);
}

void fill_renew_later(struct stride *s)
{
	struct addr from = conn_from(s->c);
	struct slice head = head_of(s);

	if (head.n && s->f.entry && may_renew(cache_entry(s->f.entry),
	    (uint32_t)(s->now / 1000)))
		chore_request(s->c->listener, &from, head, 0);
}
