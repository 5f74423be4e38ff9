/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of a backend that are not final: 1xx, and 101 among them. */
#include "worker/interim.h"

#include "base/fault.h"
#include "worker/attempt.h"
#include "worker/compose.h"
#include "worker/tally.h"

#define INTERIMS 1000 /* of one response */

/* An idle tunnel should cost one page: its head moves in with the request. */
static void leave_head(struct stride *s)
{
	uint32_t page = s->f.head;
	size_t n = s->f.in == page ? s->f.in_start : page_bytes(page);

	if (page == 0 || !request_leave_page(s->r, page_at(page), n))
		return;
	if (s->f.in != page)
		page_drop(&s->drop, page);
	s->f.head = 0;
}

next_step interim_tunnel(struct stride *s, const struct head *h)
{
	if (!s->r->wants_websocket)
		return relay_refuse(s, "101 without being asked");
	if (head_has_many(h, FIELD_UPGRADE)
	    || !slice_caseeq(head_value(h, FIELD_UPGRADE),
	    SLICE("websocket")))
		return relay_refuse(s, "101 to another protocol");
	if (!forward_is_complete(&s->f))
		return relay_refuse(s, "101 before it has the request");
	switch (compose_tunnel_head(s, h)) {
	case COMPOSE_FINE:
		break;
	case COMPOSE_NO_PAGE:
		s->f.res_scan = (struct head_scan_state){0};
		return relay_no_page(s);
	default:
		return relay_refuse(s, "its fields do not fit");
	}
	FAULT(answer_made);
	tally_answer(s, h->status);
	tally_success(s);
	leave_head(s);
	s->f.flags |= FLOW_ANSWERED | FLOW_CLOSE | FLOW_LINGER;
	s->f.gone = s->f.sent;
	s->f.bin_start = (uint16_t)(s->f.bin_start + h->length);
	s->f.deadline = 0;
	return NEXT(STEP_TUNNEL);
}

/* 100 is ours to say, and HTTP/1.0 knows none (RFC 9110, 15.2). */
next_step interim_pass(struct stride *s, const struct head *h)
{
	bool passed = h->status != 100 && s->r->head.minor > 0;

	if (s->f.interims++ == INTERIMS)
		return relay_refuse(s, "too many interim answers");
	switch (passed ? compose_interim(s, h) : COMPOSE_FINE) {
	case COMPOSE_FINE:
		break;
	case COMPOSE_NO_PAGE:
		s->f.interims--;
		return relay_no_page(s);
	default:
		return relay_refuse(s, "its fields do not fit");
	}
	s->f.bin_start = (uint16_t)(s->f.bin_start + h->length);
	if (flush_some(s) == IO_BROKEN)
		return stride_cut(s, CAUSE_CLIENT_GONE);
	/* what came with it may be the answer */
	return NEXT(forward_is_complete(&s->f)
	    || s->f.bin_start < s->f.bin_end ? STEP_RELAY : STEP_FORWARD);
}
