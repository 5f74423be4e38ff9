/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup: can the cache answer. */
#include "base/clock.h"
#include "worker/answer.h"
#include "worker/fill.h"
#include "worker/key.h"
#include "worker/serve.h"
#include "worker/stored.h"

#define LOOKS 64 /* at entries that were found to be none */

static next_step go_on(const struct stride *s)
{
	return NEXT(s->f.flags & FLOW_BODY_WHOLE ? STEP_PICK : STEP_BODY);
}

/* It fetches for itself, and neither waits for others nor they for it. */
static next_step pass(struct stride *s)
{
	s->r->cached = CACHED_PASS;
	s->r->alone = true;
	return go_on(s);
}

/* What it is held against is noted: nobody does it again. */
static bool is_banned(uint32_t n, const struct stored *st)
{
	struct entry *e = cache_entry(n);
	struct ban_subject subject = {st->host, st->target, st->tags};
	uint32_t known = atomic_load_explicit(&e->banned,
	    memory_order_relaxed);
	bool soft;

	if (bans_are_known(cache.bans, known))
		return false;
	bool struck = bans_strike(&subject, &known, &soft);
	if (struck && !soft) {
		cache_condemn(n);
		return true;
	}
	if (struck)
		cache_make_stale(n);
	atomic_store_explicit(&e->banned, known, memory_order_relaxed);
	/* a ban that is gone by now has condemned what it hits */
	return cache_state(n) == ENTRY_CONDEMNED;
}

/* What there is for a request, besides what others fetch just now. SELF: it is
 * to be asked for each time, so waiting for another's answer is in vain. */
enum there { THERE_NOTHING, THERE_STALE, THERE_SELF, THERE_ANSWER,
	THERE_PASS };

/* Who waited while it was under way has not got it old. */
static enum freshness_use use_of(const struct stride *s, uint32_t n,
    const struct stored *st, const struct cachecontrol *asked)
{
	struct freshness f = st->fresh;
	uint64_t most = s->r->route->policy.cache.max_stale / 1000;
	bool invalid = atomic_load_explicit(&cache_entry(n)->invalid,
	    memory_order_relaxed);

	if (s->r->waited_since)
		f.age -= f.delay;
	return freshness_use(&f, clock_wall(), asked, invalid, (int64_t)most);
}

static bool is_for_one(const struct stored *st)
{
	return st->fresh.validate
	    || st->fresh.lifetime <= st->fresh.age - st->fresh.delay;
}

/* The backend will be asked in its words: not by one who would not have it
 * asked, or gets nothing that can be stored. */
static bool may_renew(const struct stride *s, const struct cachecontrol *asked)
{
	return s->r->head.method_id == METHOD_GET && !asked->only_if_cached
	    && !asked->no_store
	    && !head_has(&s->r->head, FIELD_AUTHORIZATION);
}

/* s->f.entry, which is a response. */
static enum there weigh(struct stride *s, const struct stored *st,
    const struct cachecontrol *asked, enum serve_how *how)
{
	enum freshness_use use = use_of(s, s->f.entry, st, asked);

	*how = use != USE_FRESH ? SERVE_STALE
	    : s->r->waited_since ? SERVE_COLLAPSED : SERVE_HIT;
	if (use == USE_FRESH)
		return THERE_ANSWER;
	/* who has no client has come to ask for it anew */
	if ((use != USE_STALE && use != USE_AND_RENEW)
	    || (s->f.flags & FLOW_MUTE))
		return is_for_one(st) ? THERE_SELF : THERE_STALE;
	if (use == USE_AND_RENEW && may_renew(s, asked))
		fill_renew_later(s);
	return THERE_ANSWER;
}

/* A clock that was set back makes no mark longer. */
static bool is_on(const struct stored *mark)
{
	int64_t left = mark->fresh.received - clock_wall();

	return left > 0 && left <= FILL_MARK;
}

/* Finds what there is: s->f.entry, pinned by the slot, if it is a response. */
static enum there look(struct stride *s, const struct cachecontrol *asked,
    struct cache_found *found, enum serve_how *how)
{
	struct request *r = s->r;
	struct stored st;

	for (int looks = 0; looks < LOOKS; looks++) {
		cache_find(r->key, r->key_hash, stored_fits, r, found);
		if (found->live == 0)
			return THERE_NOTHING;
		if (!stored_read(cache_record(found->live), &st)) {
			cache_condemn(found->live);
			continue;
		}
		if (is_banned(found->live, &st))
			continue;
		if (st.pass && is_on(&st))
			return THERE_PASS;
		if (st.pass) { /* what it hid may be asked about */
			cache_condemn(found->live);
			continue;
		}
		if (!cache_is_sound(found->live))
			continue;
		s->f.entry = found->live;
		return weigh(s, &st, asked, how);
	}
	cache_unpin();
	found->live = 0;
	return THERE_NOTHING;
}

/* The entry stays the row's while its backend is asked. */
static void keep_stale(struct stride *s)
{
	if (s->f.entry == 0)
		return;
	cache_pin_row(lobby_row(s->c), s->f.entry);
	cache_unpin();
}

/* Another one fetches it just now, and how long it will be is known: it can be
 * sent as it comes. */
static bool may_join(const struct stride *s, uint32_t n,
    const struct cachecontrol *asked)
{
	enum entry_state state = cache_state(n);
	struct slice record = cache_record(n);
	struct stored st;

	return (state == ENTRY_FILLING || state == ENTRY_LIVE)
	    && cache_entry(n)->total != CACHE_UNKNOWN
	    && stored_read(record, &st) && !st.pass
	    && stored_fits(record, s->r) && !is_banned(n, &st)
	    && use_of(s, n, &st, asked) == USE_FRESH;
}

static bool join(struct stride *s, const struct cachecontrol *asked,
    const struct cache_found *found)
{
	uint32_t n = found->busy;

	if (n == 0 || !cache_pin(n, found->busy_word))
		return false;
	if (!may_join(s, n, asked)) {
		cache_unpin();
		return false;
	}
	cache_count_use(n);
	s->f.entry = n;
	return true;
}

static next_step miss(struct stride *s, const struct cachecontrol *asked,
    const struct cache_found *found, bool self)
{
	s->r->cached = CACHED_MISS;
	keep_stale(s);
	if (s->f.fill) /* claimed for it before it began */
		return fill_claim(s, found);
	if (!asked->no_cache && join(s, asked, found))
		return serve_entry(s, SERVE_COLLAPSED);
	if (asked->only_if_cached) {
		serve_let_go(s);
		return answer_with(s, 504, CAUSE_NOT_CACHED);
	}
	if (asked->no_store) {
		serve_let_go(s);
		return pass(s);
	}
	return self && found->busy ? fill_go_alone(s) : fill_claim(s, found);
}

static next_step find(struct stride *s)
{
	struct cachecontrol asked;
	struct cache_found found;
	enum serve_how how;
	enum there there;

	cachecontrol_of(&s->r->head, true, &asked);
	there = look(s, &asked, &found, &how);
	if (there == THERE_ANSWER)
		return serve_entry(s, how);
	if (there == THERE_PASS) {
		cache_unpin();
		return pass(s);
	}
	return miss(s, &asked, &found, there == THERE_SELF);
}

/* After a wait, or a death, it begins anew. */
next_step lookup_run(struct stride *s)
{
	serve_let_go(s);
	if (!key_is_for_cache(s->r))
		return pass(s);
	if (s->r->key.n == 0 && !key_make(s->r))
		return pass(s);
	return find(s);
}
