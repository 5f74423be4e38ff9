/* SPDX-License-Identifier: BSD-2-Clause */
/* tunnel: bytes both ways after 101 (RFC 9110, 7.8). */
#include <string.h>
#include <sys/socket.h>

#include "worker/attempt.h"
#include "worker/inbound.h"
#include "worker/request.h"
#include "worker/secure.h"

#define ROUNDS 32 /* of each way in one stride: then it is others' turn */

/* What is on its way to the backend stands in the chain `body`, what is for
 * the client in `out`. A way is read only while its chain is empty. */

static bool has_ended(const struct stride *s, uint32_t side)
{
	return s->f.flags & side;
}

static next_step end(struct stride *s, enum cause cause)
{
	if (s->f.cause == CAUSE_NONE)
		s->f.cause = cause;
	return NEXT(STEP_ACCOUNT);
}

/* Bytes that came behind the head share its page, which is kept. */
static bool move_in(struct stride *s)
{
	uint16_t start = s->f.in_start, stop = s->f.in_end;
	uint32_t page = s->f.in;

	if (start == stop)
		return true;
	if (page == s->f.head) {
		page = stride_page(s, PAGE_IS_LARGE);
		if (page == 0)
			return false;
		memcpy(page_at(page), page_at(s->f.in) + start,
		    (size_t)(stop - start));
		stop = (uint16_t)(stop - start);
		start = 0;
	}
	chain_append(&s->f.body, page, start, stop);
	s->f.in = 0;
	s->f.in_start = s->f.in_end = 0;
	return true;
}

static void move_bin(struct stride *s)
{
	if (s->f.bin_start == s->f.bin_end)
		return;
	chain_append(&s->f.out, s->f.bin, s->f.bin_start, s->f.bin_end);
	s->f.bin = 0;
	s->f.bin_start = s->f.bin_end = 0;
}

/* After a death the kernel's count may be ahead of the chain: what has gone is
 * let go of first. */
static enum io send_up(struct stride *s)
{
	forward_let_go(s);
	enum io io = forward_send(s);
	forward_let_go(s);
	return io;
}

/* What came has been moved out of it. */
static bool have_in(struct stride *s)
{
	if (s->f.in == 0 || s->f.in == s->f.head)
		s->f.in = stride_page(s, PAGE_IS_LARGE);
	s->f.in_start = s->f.in_end = 0;
	return s->f.in != 0;
}

static bool have_bin(struct stride *s)
{
	if (s->f.bin == 0)
		s->f.bin = stride_page(s, PAGE_IS_LARGE);
	if (s->f.bin && s->f.bin_start == s->f.bin_end)
		s->f.bin_start = s->f.bin_end = 0;
	return s->f.bin != 0;
}

static enum io receive_client(struct stride *s)
{
	s->f.receive = RECEIVE_IN;
	stride_publish(s);
	return inbound_client(s);
}

static enum io receive_backend(struct stride *s)
{
	stride_publish(s);
	return inbound_backend(s);
}

/* The backend has not taken all that is there for it. */
static bool is_full(const struct stride *s)
{
	return s->f.body.length || secure_left(s, SIDE_BACKEND);
}

/* Whose last byte has been passed on, the other one is told. */
static void end_side(struct stride *s, unsigned side, int fd)
{
	if (secure_is_on(s, side))
		secure_end(s, side);
	shutdown(fd, SHUT_WR);
}

static void pass_end(struct stride *s)
{
	if (has_ended(s, FLOW_CLIENT_ENDED) && !is_full(s))
		end_side(s, SIDE_BACKEND, s->f.peer);
	if (has_ended(s, FLOW_BACKEND_ENDED) && !flush_is_due(s))
		end_side(s, SIDE_CLIENT, (int)lobby_row(s->c));
}

/* One way, as far as it goes now: what was read is sent before it returns.
 * IO_BROKEN: the other end is no more. *starved: there was no page. */
static enum io move_up(struct stride *s, bool *starved)
{
	for (int rounds = 0;; rounds++) {
		bool moved = move_in(s);
		enum io io = send_up(s);
		if (io != IO_OK || has_ended(s, FLOW_CLIENT_ENDED)
		    || rounds == ROUNDS)
			return io;
		*starved = !moved || !have_in(s);
		if (*starved)
			return IO_WAIT;
		io = receive_client(s);
		if (io == IO_END)
			s->f.flags |= FLOW_CLIENT_ENDED;
		else if (io != IO_OK)
			return io;
	}
}

static enum io move_down(struct stride *s, bool *starved)
{
	for (int rounds = 0;; rounds++) {
		move_bin(s);
		enum io io = flush_some(s);
		if (io != IO_OK || has_ended(s, FLOW_BACKEND_ENDED)
		    || rounds == ROUNDS)
			return io;
		if (!have_bin(s)) {
			*starved = true;
			return IO_WAIT;
		}
		io = receive_backend(s);
		if (io == IO_END)
			s->f.flags |= FLOW_BACKEND_ENDED;
		else if (io != IO_OK)
			return io;
	}
}

/* Pages that nothing came into; the head's is kept. */
static void drop_empty(struct stride *s)
{
	if (s->f.in && s->f.in_start == s->f.in_end) {
		if (s->f.in != s->f.head)
			page_drop(&s->drop, s->f.in);
		s->f.in = 0;
		s->f.receive = RECEIVE_NOWHERE;
	}
	if (s->f.bin && s->f.bin_start == s->f.bin_end) {
		page_drop(&s->drop, s->f.bin);
		s->f.bin = 0;
	}
}

static unsigned what_is_open(const struct stride *s)
{
	unsigned open = 0;

	if (is_full(s))
		open |= WAIT_BACKEND_OUT;
	else if (!has_ended(s, FLOW_CLIENT_ENDED))
		open |= WAIT_CLIENT_IN;
	if (flush_is_due(s))
		open |= WAIT_CLIENT_OUT;
	else if (!has_ended(s, FLOW_BACKEND_ENDED))
		open |= WAIT_BACKEND_IN;
	return open;
}

/* Half a tunnel is not kept for as long as a whole one. */
static uint64_t due(const struct stride *s)
{
	const struct conf_listener *l = s->r->listener;
	bool half = s->f.flags & (FLOW_CLIENT_ENDED | FLOW_BACKEND_ENDED);

	return s->now + (half ? l->timeouts.write : l->timeouts.tunnel);
}

static bool has_moved(const struct stride *s, const struct flow *before)
{
	const struct flow *f = &s->f;

	for (unsigned side = SIDE_CLIENT; side <= SIDE_BACKEND; side++)
		if (secure_is_on(s, side) && (f->side[side].wire_rx
		    != before->side[side].wire_rx || f->side[side].wire_tx
		    != before->side[side].wire_tx))
			return true;
	return f->rx != before->rx || f->tx != before->tx
	    || f->brx != before->brx || f->sent != before->sent
	    || f->flags != before->flags;
}

/* Without pages nothing can be read, and both ends would go on firing. */
static next_step wait_for_more(struct stride *s, const struct flow *before,
    bool starved)
{
	unsigned open = what_is_open(s);
	bool moved = has_moved(s, before);

	if (open == 0)
		return end(s, CAUSE_NONE);
	drop_empty(s);
	if (moved) {
		s->f.patience = 0;
		/* kills of long ago are not this one's doing; crashes may be */
		if (s->c->deaths < CONN_CRASH)
			s->c->deaths = 0;
	}
	if (starved)
		return stride_wait_for_pages(s);
	if (moved || s->f.deadline == 0 || s->f.wait == WAIT_TURN)
		s->f.deadline = due(s);
	return BECOME(STEP_TUNNEL, WAIT_BITS | open);
}

next_step tunnel_run(struct stride *s)
{
	struct flow before = s->f;
	bool starved = false;

	if (s->f.peer < 0)
		return end(s, CAUSE_WORKER_DIED);
	if (s->late)
		return end(s, CAUSE_TUNNEL_IDLE);
	if (move_up(s, &starved) == IO_BROKEN) {
		/* nothing more goes this way; what comes may still end */
		chain_clear(&s->f.body, &s->drop);
		secure_stop(s, SIDE_BACKEND);
		s->f.flags |= FLOW_CLIENT_ENDED;
		s->f.cause = CAUSE_TUNNEL_CUT;
	}
	if (move_down(s, &starved) == IO_BROKEN)
		return end(s, CAUSE_TUNNEL_CUT);
	pass_end(s);
	return wait_for_more(s, &before, starved);
}
