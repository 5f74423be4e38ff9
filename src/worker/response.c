/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a response: what it says, and whether it goes on now. */
#include "worker/response.h"

#include "base/fault.h"
#include "http/status.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/fill.h"
#include "worker/interim.h"
#include "worker/tally.h"
#include "worker/upload.h"

#define FIELDS_MOST 200
#define HOLD_MS 1000 /* that a small answer is held back at most */

/* What a route sets may be as long as what the client asked for: no fault of
 * the backend's, and no other one would do better. */
static next_step too_large(struct stride *s)
{
	const struct conf_edits *edits = &s->r->route->policy.response;

	if (edits->nset || edits->nadd)
		return stride_refuse(s, 500, CAUSE_ARENA, NULL);
	return relay_refuse(s, "its fields do not fit");
}

static void decide_framing(struct stride *s, const struct framing *body)
{
	bool old = s->r->head.minor == 0;

	s->f.flags &= ~(uint32_t)ATTEMPT_FRAMING;
	s->f.res_kind = (uint8_t)body->kind;
	s->f.res_left = body->length;
	s->f.res_chunk = (struct chunk){0};
	if (body->kind == BODY_NONE)
		s->f.flags |= FLOW_NOBODY;
	if (body->kind == BODY_CHUNKED || body->kind == BODY_UNTIL_CLOSE)
		s->f.flags |= old ? FLOW_CLOSE : FLOW_CHUNKED_DOWN;
	if (!(s->f.flags & FLOW_BODY_WHOLE))
		s->f.flags |= FLOW_CLOSE | FLOW_LINGER;
	if (lobby_order() != LOBBY_RUN)
		s->f.flags |= FLOW_CLOSE;
}

/* Trailers go on as fields do: not those that Connection names. */
static void grant_trailers(struct stride *s, const struct head *h,
    const struct framing *body)
{
	struct slice named = head_value(h, FIELD_CONNECTION);

	if (body->kind != BODY_CHUNKED || !s->r->wants_trailers
	    || head_has_many(h, FIELD_CONNECTION)
	    || !forward_is_complete(&s->f))
		return;
	s->r->hop_options = arena_copy(&s->r->arena, named);
	if (s->r->hop_options.n == named.n)
		s->f.flags |= FLOW_TRAILERS;
}

/* A small answer waits for its last byte, for a while: so one that ends in its
 * midst is asked for again, and not cut before the client's eyes. */
static bool may_be_held(const struct stride *s, const struct head *h,
    const struct framing *body)
{
	size_t here = (size_t)(s->f.bin_end - s->f.bin_start) - h->length;
	size_t room = page_bytes(s->f.bin) - s->f.bin_start - h->length;

	return body->kind == BODY_LENGTH && body->length > here
	    && body->length <= room && forward_is_complete(&s->f)
	    && attempt_may_repeat(s) && !slice_caseeq(head_value(h,
	    FIELD_X_ACCEL_BUFFERING), SLICE("no"));
}

static bool is_held_back(struct stride *s, const struct head *h,
    const struct framing *body)
{
	uint64_t *since = &s->r->held_since;

	if (!may_be_held(s, h, body))
		return false;
	if (*since == 0)
		*since = s->now;
	return s->now < *since + HOLD_MS;
}

void response_hold(struct stride *s)
{
	uint64_t until = s->r->held_since + HOLD_MS;

	if (s->r->held_since && !(s->f.flags & FLOW_ANSWERED)
	    && s->f.deadline > until)
		s->f.deadline = until;
}

bool response_is_let_go(struct stride *s)
{
	if (s->r->held_since == 0 || (s->f.flags & FLOW_ANSWERED))
		return false;
	s->late = false;
	s->f.deadline = s->now + s->r->pool->timeouts.read;
	return true;
}

static next_step begin_answer(struct stride *s, const struct head *h)
{
	struct framing body;
	next_step next;
	const struct refusal *no = framing_response(h, s->r->head.method_id,
	    &body);

	if (no)
		return relay_refuse(s, no->why);
	if (attempt_again_on(s, h->status, &next))
		return next;
	if (is_held_back(s, h, &body))
		return BECOME(STEP_RELAY, WAIT_BACKEND);
	if (fill_judge(s, h, &body, &next))
		return next;
	decide_framing(s, &body);
	grant_trailers(s, h, &body);
	if (head_keepalive(h) && body.kind != BODY_UNTIL_CLOSE
	    && forward_is_complete(&s->f))
		s->f.flags |= FLOW_KEEP_BACKEND;
	switch (compose_response_head(s, h, &body)) {
	case COMPOSE_NO_PAGE:
		s->f.res_scan = (struct head_scan_state){0};
		return relay_no_page(s);
	case COMPOSE_TOO_LARGE:
		return too_large(s);
	default:
		break;
	}
	FAULT(answer_made);
	tally_answer(s, h->status);
	if (attempt_is_failure(s->r->pool, h->status))
		tally_failure(s, CAUSE_BAD_STATUS, status_reason(h->status));
	s->f.flags |= FLOW_ANSWERED;
	if (forward_is_complete(&s->f)) {
		chain_clear(&s->f.body, &s->drop);
		s->f.gone = s->f.sent;
	} else if (h->status >= 400)
		upload_abandon(s); /* RFC 9112, 9.3: it is not wanted */
	s->f.bin_start = (uint16_t)(s->f.bin_start + h->length);
	return NEXT(STEP_RELAY);
}

static next_step read_head(struct stride *s, size_t length)
{
	static struct field fields[FIELDS_MOST];
	const struct head_limits limits = {FIELDS_MOST, 0};
	struct head h;

	head_init(&h, fields, FIELDS_MOST);
	const struct refusal *no = head_parse_response(&h, page_at(s->f.bin)
	    + s->f.bin_start, length, &limits);
	if (no == NULL)
		no = refusal_from_backend(head_mark_hop_by_hop(&h));
	if (no)
		return relay_refuse(s, no->why);
	s->f.res_scan = (struct head_scan_state){0};
	h.length = length;
	if (h.status == 101)
		return interim_tunnel(s, &h);
	return h.status < 200 ? interim_pass(s, &h) : begin_answer(s, &h);
}

next_step response_read(struct stride *s)
{
	size_t length, n = (size_t)(s->f.bin_end - s->f.bin_start);

	if (n == 0)
		return BECOME(STEP_RELAY, WAIT_BACKEND);
	switch (head_scan(page_at(s->f.bin) + s->f.bin_start, n,
	    &s->f.res_scan, &length)) {
	case HEAD_WHOLE:
		return read_head(s, length);
	case HEAD_BAD:
		return relay_refuse(s, "control bytes in its head");
	default:
		return BECOME(STEP_RELAY, WAIT_BACKEND);
	}
}
