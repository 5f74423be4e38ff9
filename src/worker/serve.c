/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers from the cache. */
#include "worker/serve.h"

#include "base/clock.h"
#include "base/fault.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/fill.h"
#include "worker/serve_head.h"

/* Up to this size a body is copied behind its head: that costs less than the
 * row's pin, and a publication to let go of it. */
#define SHORT 16384

/* Beyond the time that a backend has between two bytes. */
#define PATIENCE 2000 /* ms */

static uint32_t row_of(const struct stride *s)
{
	return lobby_row(s->c);
}

static bool has_row_pin(const struct stride *s)
{
	return atomic_load_explicit(&lobby.pins[row_of(s)],
	    memory_order_relaxed) != 0;
}

/* The pin goes when no flow that is true names the entry: who goes on after a
 * death would send what lies there then. */
void serve_let_go(struct stride *s)
{
	if (s->f.entry == 0)
		return;
	s->f.entry = 0;
	s->f.flags &= ~(uint32_t)FLOW_CACHED;
	cache_unpin();
	if (!has_row_pin(s))
		return;
	stride_publish(s);
	FAULT(serve_unnamed);
	cache_pin_row(row_of(s), 0);
}

/* As it was before there was an answer. */
static void take_back(struct stride *s)
{
	chain_clear(&s->f.out, &s->drop);
	s->f.flags &= ~(uint32_t)(FLOW_ANSWERED | FLOW_NOBODY);
	s->f.step = STEP_LOOKUP;
	serve_let_go(s);
}

static next_step no_page(struct stride *s)
{
	take_back(s);
	return stride_wait_for_pages(s);
}

static void decide_framing(struct stride *s, const struct serve_plan *p)
{
	s->f.flags &= ~(uint32_t)(ATTEMPT_FRAMING);
	s->f.res_kind = (uint8_t)p->body.kind;
	if (p->first == p->end && p->parts.n == 0)
		s->f.flags |= FLOW_NOBODY;
	if (lobby_order() != LOBBY_RUN)
		s->f.flags |= FLOW_CLOSE;
}

static bool is_short(const struct serve_plan *p)
{
	return p->whole && p->end - p->first <= SHORT;
}

/* All of it is in pages. */
static next_step flush(struct stride *s)
{
	s->f.step = STEP_FLUSH;
	serve_let_go(s);
	return NEXT(STEP_FLUSH);
}

static next_step put_body(struct stride *s, const struct serve_plan *p)
{
	struct flow *f = &s->f;

	if (p->parts.n)
		return serve_parts(s, p) ? flush(s) : no_page(s);
	if (p->first == p->end)
		return flush(s);
	if (is_short(p) && serve_copy(s, p->first, p->end))
		return flush(s);
	if (is_short(p))
		return no_page(s);
	cache_pin_row(row_of(s), f->entry);
	cache_unpin();
	f->from = (struct cache_place){0};
	cache_seek(&f->from, f->entry, p->first);
	f->from_end = p->end;
	f->deadline = 0;
	f->flags |= FLOW_CACHED;
	return NEXT(STEP_SERVE);
}

/* With what a hit says of itself it does not fit: from its backend it may, if
 * that has not been asked yet. */
static next_step too_large(struct stride *s)
{
	take_back(s);
	if (s->f.attempts)
		return stride_refuse(s, 500, CAUSE_ARENA, NULL);
	s->r->alone = true;
	s->r->cached = CACHED_MISS;
	return NEXT(STEP_PICK);
}

static next_step answer(struct stride *s, const struct serve_plan *p)
{
	enum compose made;

	decide_framing(s, p);
	s->r->origin = p->st.origin;
	s->r->origin_tls = p->st.origin_tls;
	made = compose_response_head(s, &p->h, &p->body);
	s->r->origin = (struct slice){NULL, 0};
	if (made == COMPOSE_NO_PAGE)
		return no_page(s);
	if (made != COMPOSE_FINE)
		return too_large(s);
	s->r->status = p->h.status;
	s->f.flags |= FLOW_ANSWERED;
	return put_body(s, p);
}

static const uint8_t cached_as[] = {
	[SERVE_HIT] = CACHED_HIT,
	[SERVE_STALE] = CACHED_STALE,
	[SERVE_STALE_ERROR] = CACHED_STALE,
	[SERVE_RENEWED] = CACHED_RENEWED,
	[SERVE_COLLAPSED] = CACHED_COLLAPSED,
};

/* A request without a client has got what it came for. */
static next_step serve_nobody(struct stride *s, unsigned status)
{
	s->r->status = status;
	s->f.step = STEP_ACCOUNT;
	serve_let_go(s);
	return NEXT(STEP_ACCOUNT);
}

static void measure(struct serve_plan *p, uint32_t n)
{
	const struct entry *e = cache_entry(n);
	bool live = cache_state(n) == ENTRY_LIVE;
	uint64_t length = atomic_load_explicit(&e->length,
	    memory_order_acquire);

	p->total = live ? length : atomic_load_explicit(&e->total,
	    memory_order_relaxed);
	p->whole = length == p->total;
}

next_step serve_entry(struct stride *s, enum serve_how how)
{
	uint32_t n = s->f.entry;
	struct serve_plan p = {.how = how};

	if (!stored_read(cache_record(n), &p.st)) {
		cache_condemn(n);
		take_back(s);
		return NEXT(STEP_LOOKUP);
	}
	measure(&p, n);
	if (p.total == CACHE_UNKNOWN) { /* it was condemned just now */
		take_back(s);
		return NEXT(STEP_LOOKUP);
	}
	s->r->cached = cached_as[how];
	if (s->f.flags & FLOW_MUTE)
		return serve_nobody(s, p.st.status);
	serve_plan(&p, s->r, clock_wall());
	return answer(s, &p);
}

static bool is_sent(const struct flow *f)
{
	return f->from.at >= f->from_end && f->out.length == 0;
}

static bool has_begun(const struct stride *s)
{
	return s->f.tx != s->f.answer_at;
}

static next_step done(struct stride *s)
{
	s->f.step = STEP_ACCOUNT;
	serve_let_go(s);
	return NEXT(STEP_ACCOUNT);
}

/* Who fetched it has failed: another answer, or a cut that shows. */
static next_step lost(struct stride *s)
{
	if (has_begun(s))
		return stride_cut(s, CAUSE_FETCH_LOST);
	take_back(s);
	return NEXT(STEP_LOOKUP);
}

/* Nothing has come for longer than a backend may be silent. */
static next_step give_up(struct stride *s)
{
	if (has_begun(s))
		return stride_cut(s, CAUSE_RESPONSE_TIMEOUT);
	s->r->alone = true;
	take_back(s);
	return NEXT(STEP_PICK);
}

/* Also of one that is condemned it may be that all is there. */
static bool is_lost(const struct flow *f)
{
	return cache_state(f->entry) == ENTRY_CONDEMNED
	    && serve_there(f) < f->from_end;
}

static bool has_more(const struct flow *f)
{
	return serve_there(f) > f->from.at;
}

/* For more of it; a step forward may be seen already. */
static next_step wait_for_more(struct stride *s, uint64_t word,
    uint64_t length, bool moved)
{
	if (moved || s->f.wait != WAIT_TURN || s->f.deadline == 0)
		s->f.deadline = s->now + s->r->home->timeouts.read + PATIENCE;
	return fill_wait_for(s, STEP_SERVE, s->f.entry, word, length);
}

/* What there was is sent. */
static next_step look_for_more(struct stride *s, bool moved, bool late)
{
	const struct entry *e = cache_entry(s->f.entry);
	uint64_t word = atomic_load(&e->word), length = atomic_load(&e->length);

	if (is_lost(&s->f))
		return lost(s);
	if (has_more(&s->f))
		return NEXT(STEP_SERVE);
	if (late && !moved)
		return give_up(s);
	return wait_for_more(s, word, length, moved);
}

static next_step wait_for_client(struct stride *s, bool moved)
{
	if (!moved && s->f.wait == WAIT_CLIENT_ROOM)
		return BECOME(STEP_SERVE, WAIT_CLIENT_ROOM);
	return stride_wait_for_client(s, STEP_SERVE);
}

/* A head is not sent before its first byte of body is there: until then it
 * may become another one. */
static enum io send_some(struct stride *s)
{
	return has_begun(s) || has_more(&s->f) ? flush_some(s) : IO_OK;
}

next_step serve_run(struct stride *s)
{
	bool late = s->f.wait == WAIT_TURN && s->f.deadline
	    && s->now >= s->f.deadline;
	uint64_t before = s->f.tx, wire = stride_client_tx(s);

	if (s->late)
		return stride_cut(s, CAUSE_WRITE_TIMEOUT);
	if (is_sent(&s->f) && !flush_is_due(s))
		return done(s);
	enum io io = send_some(s);
	bool moved = s->f.tx != before || stride_client_tx(s) != wire;
	if (io == IO_WAIT)
		return wait_for_client(s, moved);
	if (io != IO_OK)
		return stride_cut(s, CAUSE_CLIENT_GONE);
	return is_sent(&s->f) ? done(s) : look_for_more(s, moved, late);
}
