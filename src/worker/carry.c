/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a request: a table of steps, and the loop that takes them. */
#include "worker/carry.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/slot.h"
#include "worker/attempt.h"
#include "worker/fill.h"
#include "worker/request.h"
#include "worker/secure.h"
#include "worker/witness.h"
#include "worker/worker.h"

static step_run *const steps[STEP_COUNT] = {
	[STEP_RECEIVE] = receive_run, /* is the head complete and lawful */
	[STEP_ROUTE] = route_run,     /* which site, which route */
	[STEP_GUARD] = guard_run,     /* may it pass */
	[STEP_LOOKUP] = lookup_run,   /* can the cache answer */
	[STEP_BODY] = body_run,       /* is the body here, as far as it fits */
	[STEP_PICK] = pick_run,       /* which backend */
	[STEP_HANDSHAKE] = handshake_run, /* a connection over TLS */
	[STEP_FORWARD] = forward_run, /* send head and body */
	[STEP_RELAY] = relay_run,     /* response head, body to the client */
	[STEP_SERVE] = serve_run,     /* what is sent from the cache */
	[STEP_ANSWER] = answer_run,   /* responses that we make ourselves */
	[STEP_FLUSH] = flush_run,     /* what the client has not taken yet */
	[STEP_TUNNEL] = tunnel_run,   /* bytes both ways after 101 */
	[STEP_ACCOUNT] = account_run, /* log line, then the next request */
	[STEP_CLOSE] = close_run,     /* give back all the row holds */
	[STEP_LINGER] = linger_run,   /* let the client read the answer */
};

const char *const cause_text[CAUSE_COUNT] = {
#define CAUSE(name, text) text,
#include "worker/causes.def"
#undef CAUSE
};

void stride_publish(struct stride *s)
{
	conn_publish(s->c, &s->f);
	page_drop_free(&s->drop);
	s->fresh = true;
	if (s->f.fill)
		fill_show(s);
}

void stride_io(const struct conn *c)
{
	if (c->is_unix)
		note_take(NOTE_UNIX, lobby_row(c), conn_serial(c));
}

void stride_io_done(struct stride *s, const struct conn *c)
{
	if (!c->is_unix)
		return;
	stride_publish(s);
	note_clear();
}

static unsigned record_pages(const struct flow *f)
{
	unsigned n = 0;

	for (unsigned side = SIDE_CLIENT; side <= SIDE_BACKEND; side++)
		if (f->secure >> side & 1)
			n += (f->side[side].raw != 0)
			    + (f->side[side].plain != 0)
			    + f->side[side].sealed.pages;
	return n;
}

static unsigned pages_of(const struct flow *f)
{
	unsigned n = f->body.pages + f->out.pages + record_pages(f);

	return n + (f->facts != 0) + (f->in != 0)
	    + (f->head != 0 && f->head != f->in)
	    + (f->req != 0) + (f->bin != 0)
	    + (f->bhead != 0 && f->bhead != f->req);
}

uint32_t stride_page(struct stride *s, enum page_size size)
{
	return pages_of(&s->f) >= PAGES_PER_ROW ? 0
	    : page_take(size, lobby_row(s->c), conn_serial(s->c));
}

uint32_t stride_spare_page(struct stride *s, enum page_size size)
{
	return pages_of(&s->f) >= PAGES_PER_ROW + PAGES_SPARE ? 0
	    : page_take_spare(size, lobby_row(s->c), conn_serial(s->c));
}

bool stride_fill(struct stride *s, struct chain *to, struct slice *from,
    unsigned most)
{
	while (from->n > 0) {
		if (chain_room(to) == 0) {
			uint32_t page = to->pages < most
			    ? stride_page(s, PAGE_IS_LARGE) : 0;
			if (page == 0)
				return false;
			chain_append(to, page, 0, 0);
		}
		size_t n = chain_room(to) < from->n ? chain_room(to) : from->n;
		memcpy(chain_space(to), from->p, n);
		chain_grow(to, (uint32_t)n);
		*from = slice_make(from->p + n, from->n - n);
	}
	return true;
}

#define RATE_GRACE 10000 /* ms before an average counts */

uint64_t stride_client_due(struct stride *s, uint64_t count, uint32_t timeout)
{
	uint32_t rate = s->r->listener->min_rate;
	uint64_t due = s->now + timeout;

	if (s->f.slow_since == 0 || count < s->f.slow_from) {
		s->f.slow_since = s->now;
		s->f.slow_from = count;
	}
	if (rate == 0)
		return due;
	uint64_t earned = (count - s->f.slow_from) * 1000 / rate;
	uint64_t until = s->f.slow_since
	    + (earned > RATE_GRACE ? earned : RATE_GRACE);
	return until < due ? until : due;
}

next_step stride_wait_for_client(struct stride *s, enum step step)
{
	s->f.deadline = stride_client_due(s, stride_client_tx(s),
	    s->r->listener->timeouts.write);
	return BECOME(step, WAIT_CLIENT_ROOM);
}

uint64_t stride_client_rx(const struct stride *s)
{
	return secure_is_on(s, SIDE_CLIENT) ? s->f.side[SIDE_CLIENT].wire_rx
	    : s->f.rx;
}

uint64_t stride_client_tx(const struct stride *s)
{
	return secure_is_on(s, SIDE_CLIENT) ? s->f.side[SIDE_CLIENT].wire_tx
	    : s->f.tx;
}

#define PAGES_RETRY 50
#define PAGES_PATIENCE 200 /* times PAGES_RETRY */

next_step stride_wait_for_pages(struct stride *s)
{
	if (s->f.patience++ >= PAGES_PATIENCE) {
		if (lobby_may_tell(LOBBY_NO_PAGES))
			log_err("%s for %u s: connections are closed; "
			    "\"buffers\" is too small",
			    cause_text[CAUSE_NO_PAGES],
			    PAGES_RETRY * PAGES_PATIENCE / 1000);
		return stride_cut(s, CAUSE_NO_PAGES);
	}
	s->f.deadline = s->now + PAGES_RETRY;
	return BECOME(s->f.step, WAIT_TURN);
}

next_step stride_refuse(struct stride *s, unsigned status, enum cause cause,
    const char *why)
{
	if (s->f.flags & FLOW_ANSWERED)
		return stride_cut(s, cause);
	s->f.status = (uint16_t)status;
	s->f.cause = cause;
	if (s->r)
		s->r->why = why;
	if (!(s->f.flags & FLOW_BODY_WHOLE))
		s->f.flags |= FLOW_CLOSE | FLOW_LINGER;
	if (status == 413)
		s->f.flags |= FLOW_CLOSE;
	return NEXT(STEP_ANSWER);
}

next_step stride_cut(struct stride *s, enum cause cause)
{
	s->f.cause = cause;
	s->f.flags |= FLOW_CLOSE | FLOW_CUT;
	return NEXT(s->r ? STEP_ACCOUNT : STEP_CLOSE);
}

static struct request *request_of(const struct flow *f)
{
	if (f->req == 0)
		return NULL;
	struct request *r = (struct request *)(void *)page_at(f->req);
	MUST(r->magic == REQUEST_MAGIC);
	return r;
}

static void begin(struct stride *s, struct conn *c)
{
	s->c = c;
	conn_copy_flow(&s->f, conn_flow(c));
	s->r = request_of(&s->f);
	s->now = clock_ms();
	/* pages are looked for again when that wait ends; for a place at a
	 * backend nobody waits longer */
	s->late = c->late != 0 && (s->f.wait != WAIT_TURN || c->queued);
	c->late = 0;
	s->drop.n = 0;
	s->fresh = false;
	s->requests = 0;
	fill_wait_over(s);
	witness_begin(s);
}

/* The client has gone while the backend thinks: a reset, or a half-closed
 * connection whose request changes nothing, or has no place yet. */
static bool is_abandoned(const struct stride *s)
{
	bool safe = s->r && method_is_safe(s->r->head.method_id)
	    && !(s->f.flags & FLOW_ANSWERED);

	if (s->f.flags & FLOW_MUTE)
		return false;
	if (s->c->gone < 2 && !(s->c->gone == 1 && (safe || s->c->queued)))
		return false;
	return s->f.step >= STEP_LOOKUP && s->f.step <= STEP_SERVE;
}

/* A request that has killed two workers gets no third one; one whose answer
 * kills them is not answered. */
static next_step refuse_deadly(struct stride *s)
{
	s->f.flags |= FLOW_CLOSE;
	s->f.flags &= ~(uint32_t)FLOW_LINGER;
	if (s->r && s->f.step < STEP_ANSWER
	    && s->c->deaths < 2 * CONN_DEATHS)
		return stride_refuse(s, 500, CAUSE_TWO_DEATHS, NULL);
	if (s->f.step == STEP_RECEIVE && s->f.in_end > s->f.in_start
	    && s->c->deaths < 2 * CONN_DEATHS)
		return NEXT(STEP_RECEIVE); /* which does not parse it again */
	if (s->f.step < STEP_CLOSE)
		log_err("row %u: %s: closed", lobby_row(s->c),
		    cause_text[CAUSE_TWO_DEATHS]);
	return NEXT(STEP_CLOSE);
}

static bool is_left(struct stride *s, next_step *next)
{
	if (s->c->left != 1)
		return false;
	s->c->left = 2;
	if ((s->f.step != STEP_FORWARD && s->f.step != STEP_RELAY)
	    || !attempt_leave(s, next))
		return false;
	s->late = false; /* of the wait that it has left */
	return true;
}

/* Where the last stride ended, unless something happened meanwhile. */
static next_step first_step(struct stride *s)
{
	bool lost = s->f.flags & FLOW_LOST;
	next_step next;

	s->f.flags &= ~(uint32_t)FLOW_LOST;
	if (lost && s->f.step != STEP_LINGER)
		return stride_cut(s, CAUSE_WORKER_DIED);
	if (is_abandoned(s) && !fill_goes_on_alone(s))
		return stride_cut(s, CAUSE_CLIENT_GONE);
	if (s->c->deaths >= 2 * CONN_DEATHS || (s->c->deaths >= CONN_DEATHS
	    && !(s->f.flags & FLOW_DEADLY))) {
		s->f.flags |= FLOW_DEADLY;
		return refuse_deadly(s);
	}
	if (is_left(s, &next))
		return next;
	return s->f.step;
}

/* A wait for a peer ends by itself where records lack a page. */
static next_step feed_records(struct stride *s, next_step next)
{
	if (!s->starved || next >> 8 == WAIT_NOTHING)
		return next;
	s->f.step = (uint8_t)(next & 0xff);
	return stride_wait_for_pages(s);
}

/* What it waits for is in the row's pages, not in a socket. */
static bool has_come(const struct stride *s)
{
	return s->f.secure && s->f.step != STEP_LINGER
	    && ((lobby_wait_reads(s->f.wait, SIDE_CLIENT)
	    && secure_is_pending(s, SIDE_CLIENT))
	    || (s->f.peer >= 0 && lobby_wait_reads(s->f.wait, SIDE_BACKEND)
	    && secure_is_pending(s, SIDE_BACKEND)));
}

/* True: it is another's now. */
static bool park(struct stride *s)
{
	if (s->f.secure)
		secure_tidy(s);
	if (s->drop.n)
		stride_publish(s);
	if (has_come(s)) {
		lobby_ring(s->c, &s->f);
		return true;
	}
	if (lobby_park(s->c, &s->f))
		return true;
	fill_wait_over(s);
	return false;
}

static void take_steps(struct stride *s)
{
	for (;;) {
		s->starved = false;
		next_step next = feed_records(s, steps[s->f.step](s));
		unsigned step = next & 0xff, wait = next >> 8;
		s->late = false;
		if (step == STEP_GONE)
			return;
		/* relay and answer have set it, and then published */
		s->fresh = s->fresh && s->f.step == step;
		s->f.step = (uint8_t)step;
		if (wait == WAIT_NOTHING)
			continue;
		s->f.wait = (uint8_t)wait;
		if (park(s))
			return;
	}
}

void carry(struct conn *c)
{
	static struct stride s;

	begin(&s, c);
	s.f.step = (uint8_t)first_step(&s);
	take_steps(&s);
	/* also of a backend that the row has let go of */
	record_forget();
}
