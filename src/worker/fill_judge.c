/* SPDX-License-Identifier: BSD-2-Clause */
/* What a response means for the cache: stored, renewed, marked or nothing. */
#include "base/clock.h"
#include "base/fault.h"
#include "http/date.h"
#include "worker/attempt.h"
#include "worker/fill.h"
#include "worker/key.h"
#include "worker/serve.h"
#include "worker/tally.h"

static char room[STORED_MOST];

static struct freshness_rules rules_of(const struct request *r)
{
	const struct conf_cache *c = &r->route->policy.cache;

	return (struct freshness_rules){
	    .default_ttl = (int64_t)(c->default_ttl / 1000),
	    .max_ttl = (int64_t)(c->max_ttl / 1000),
	    .stale_while_revalidate =
	    (int64_t)(c->stale_while_revalidate / 1000),
	    .stale_if_error = (int64_t)(c->stale_if_error / 1000)};
}

/* ---- Conditions ---- */

bool fill_replaces_conditions(const struct stride *s)
{
	return s->f.fill != 0;
}

void fill_put_conditions(struct buf *b, const struct stride *s)
{
	struct stored old;
	char text[DATE_LENGTH + 1];

	if (s->f.fill == 0 || !fill_has_stale(s, &old))
		return;
	if (old.validators.etag.n) {
		BUF_LIT(b, "If-None-Match: ");
		buf_slice(b, old.validators.etag);
		BUF_LIT(b, "\r\n");
	}
	if (old.validators.has_modified) {
		date_format(old.validators.modified, text);
		BUF_LIT(b, "If-Modified-Since: ");
		buf_put(b, text, DATE_LENGTH);
		BUF_LIT(b, "\r\n");
	}
}

/* ---- What is not relayed ---- */

/* The backend has answered, and its answer goes no further. */
static void leave_backend(struct stride *s, const struct head *h,
    const struct framing *body)
{
	bool clean = (size_t)(s->f.bin_end - s->f.bin_start) == h->length
	    && (body->kind == BODY_NONE || (body->kind == BODY_LENGTH
	    && body->length == 0)) && head_keepalive(h)
	    && forward_is_complete(&s->f);

	s->f.bin_start = (uint16_t)(s->f.bin_start + h->length);
	s->f.flags &= ~(uint32_t)FLOW_REUSED;
	if (clean)
		attempt_keep(s);
	else
		attempt_end(s);
}

/* Of a response's fields those that say whether it may be stored. */
static void keep_rules(struct head *h)
{
	static const uint64_t rules = UINT64_C(1) << FIELD_CACHE_CONTROL
	    | UINT64_C(1) << FIELD_CDN_CACHE_CONTROL
	    | UINT64_C(1) << FIELD_X_ACCEL_EXPIRES;

	for (unsigned i = 0; i < h->nfields; i++)
		if (!(rules >> h->fields[i].id & 1))
			h->fields[i].flags |= FIELD_DROP;
}

/* What is stored with the new fields in it. Its times follow from them all,
 * and from an Age that the 304 came with. */
static bool make_renewed(struct buf *b, const struct stride *s,
    const struct stored *old, const struct head *h)
{
	static struct field fields[STORED_FIELDS];
	const struct freshness_rules rules = rules_of(s->r);
	struct freshness fresh = old->fresh;
	struct head merged;

	if (!stored_merge(old, h, &merged, fields))
		return false;
	struct head told = *h;
	if (!freshness_renew(&merged, &rules, s->r->asked_wall, clock_wall(),
	    &fresh)) {
		/* for this one only, and so is what it says beside that */
		fresh.validate = fresh.strict = true;
		keep_rules(&told);
	}
	buf_init(b, room, sizeof room);
	return stored_renew(b, s->r, old, &told, &fresh);
}

/* The new entry is pinned before anybody could evict it. */
static bool renew(struct stride *s, const struct stored *old,
    const struct head *h)
{
	uint32_t n = s->f.fill;
	uint64_t word = atomic_load(&cache_entry(n)->word);
	struct buf b;

	if (!make_renewed(&b, s, old, h) || !cache_pin(n, word))
		return false;
	if (!cache_renew(n, s->f.entry, slice_make(room, buf_length(&b)))) {
		cache_unpin();
		return false;
	}
	FAULT(fill_renewed);
	fill_count(s);
	cache_pin_row(lobby_row(s->c), n);
	cache_unpin();
	s->f.entry = n;
	s->f.fill = 0;
	return true;
}

/* RFC 9111, 4.3.4: a 304 that names another response says nothing of ours,
 * but that it is not the one that there is now. */
static bool speaks_of(const struct head *h, const struct stored *old)
{
	struct slice etag = head_value(h, FIELD_ETAG);

	if (etag.n == 0 || old->validators.etag.n == 0)
		return true;
	return etag_is_weak(etag)
	    ? etag_equal_weak(etag, old->validators.etag)
	    : etag_equal_strong(etag, old->validators.etag);
}

/* What it would have renewed is no more, or renewed already: look again, with
 * nothing in hand. */
static next_step look_again(struct stride *s)
{
	fill_leave(s);
	return s->f.attempts > 2 ? fill_go_alone(s) : NEXT(STEP_LOOKUP);
}

/* False: it is the answer to conditions of the client's own. */
static bool is_renewal(struct stride *s, const struct head *h,
    const struct framing *body, next_step *next)
{
	struct stored old;

	if (h->status != 304 || s->f.fill == 0 || s->f.entry == 0)
		return false;
	tally_answer(s, h->status);
	tally_success(s);
	bool renewed = fill_is_on(s) && fill_has_stale(s, &old);
	if (renewed && !speaks_of(h, &old))
		cache_condemn(s->f.entry);
	renewed = renewed && speaks_of(h, &old) && renew(s, &old, h);
	leave_backend(s, h, body);
	s->r->cached = CACHED_RENEWED;
	*next = renewed ? serve_entry(s, SERVE_RENEWED) : look_again(s);
	return true;
}

/* ---- Stale instead of errors ---- */

static bool is_covered(struct stride *s, const struct head *h,
    const struct framing *body, next_step *next)
{
	if (!fill_may_cover(s, h->status, CAUSE_NONE))
		return false;
	tally_answer(s, h->status);
	if (attempt_is_failure(s->r->pool, h->status))
		tally_failure(s, CAUSE_BAD_STATUS, NULL);
	leave_backend(s, h, body);
	return fill_covers(s, h->status, CAUSE_NONE, next);
}

/* ---- Storing ---- */

static enum freshness_store judge(const struct stride *s,
    const struct head *h, const struct framing *body, struct freshness *to)
{
	const struct request *r = s->r;
	const struct freshness_rules rules = rules_of(r);
	const char *why;

	/* asked for whole: whoever sends a part has not understood */
	if (h->status == 206 || h->status == 304)
		return STORE_NO;
	/* RFC 9111, 3.3: nobody can say whether all of it came */
	if (body->kind == BODY_UNTIL_CLOSE
	    || body->length > r->route->policy.cache.max_object)
		return STORE_NEVER;
	enum freshness_store store = freshness_of(&r->head, h, &rules,
	    r->asked_wall, clock_wall(), to, &why);
	return store == STORE_YES && fill_is_personal(s)
	    && !freshness_is_for_all(h) ? STORE_NO : store;
}

static void begin(struct stride *s, const struct head *h,
    const struct framing *body, const struct freshness *fresh)
{
	uint64_t total = body->kind == BODY_CHUNKED ? CACHE_UNKNOWN
	    : body->length;
	struct buf b;

	buf_init(&b, room, sizeof room);
	if (!stored_put(&b, s->r, h, fresh)) {
		fill_mark(s, FILL_MARK);
		return;
	}
	if (!cache_fill_begin(s->f.fill, slice_make(room, buf_length(&b)),
	    total)) {
		fill_abandon(s);
		return;
	}
	FAULT(fill_begun);
	s->f.to = (struct cache_place){0};
}

/* What was asked about is not the answer any more: a hard error says nothing
 * of it, another response does. */
static void let_go_of_stale(struct stride *s)
{
	if (s->f.entry == 0)
		return;
	s->f.entry = 0;
	stride_publish(s);
	cache_pin_row(lobby_row(s->c), 0);
}

/* It passed because of a mark, or since it says who asks, or has waited in vain
 * for what others asked for; or for reasons of its own, which are asked about
 * where the response is judged. Where it had conditions the backend was told of
 * them. */
static bool may_claim_late(const struct stride *s)
{
	return (s->r->cached == CACHED_PASS || (s->r->cached == CACHED_MISS
	    && (fill_is_personal(s) || fill_has_waited(s))))
	    && s->r->head.method_id == METHOD_GET && !fill_is_partial(s);
}

/* The mark does not hold any more, or all may have what one has asked for.
 * What was purged or banned meanwhile may be what has come. */
static bool claim_late(struct stride *s)
{
	const struct request *r = s->r;
	struct cache_found found;
	uint64_t word;
	uint32_t n;

	/* what this process saw there last may have been before the mark */
	cache_find(r->key, r->key_hash, stored_fits, r, &found);
	cache_unpin();
	if (found.busy || cache_claim(r->key, r->key_hash, 0, lobby_row(s->c),
	    conn_serial(s->c), &n, &word) != CACHE_CLAIMED)
		return false;
	FAULT(fill_claimed);
	s->f.fill = n;
	if (cache_purges(r->key_hash) == r->purges)
		return true;
	fill_abandon(s);
	return false;
}

/* A request without a client may have come with its claim. */
static bool has_key(struct stride *s)
{
	return s->r->key.n || (s->f.fill && key_make(s->r));
}

bool fill_judge(struct stride *s, const struct head *h,
    const struct framing *body, next_step *next)
{
	struct freshness fresh;

	fill_invalidate(s, h);
	if (!has_key(s)) {
		fill_abandon(s);
		return false;
	}
	if (is_renewal(s, h, body, next) || is_covered(s, h, body, next))
		return true;
	if (s->f.fill && fill_is_on(s)
	    && cache_state(s->f.fill) == ENTRY_FILLING)
		return false; /* judged before: there was no page */
	if (!fill_is_on(s))
		fill_abandon(s);
	switch (s->f.fill || may_claim_late(s) ? judge(s, h, body, &fresh)
	    : STORE_NO) {
	case STORE_YES:
		if (s->f.fill || claim_late(s))
			begin(s, h, body, &fresh);
		break;
	case STORE_NEVER:
		/* an error says nothing of what is stored */
		if (s->f.entry && h->status < 500)
			cache_condemn(s->f.entry);
		fill_mark(s, h->status >= 500 ? FILL_MARK_ERROR : FILL_MARK);
		break;
	default:
		fill_abandon(s);
	}
	let_go_of_stale(s);
	return false;
}
