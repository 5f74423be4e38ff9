/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from either peer into the row's pages. */
#include "worker/inbound.h"

#include "base/fault.h"
#include "worker/secure.h"

static enum io receive_plain(struct stride *s, unsigned side, char *to,
    size_t room, size_t *n)
{
	int fd = side == SIDE_CLIENT ? (int)lobby_row(s->c) : s->f.peer;

	stride_io(lobby_get((unsigned)fd));
	return stream_receive(fd, to, room, n);
}

/* What a record has brought is known to the row with the next publication, if
 * not, the record is opened again: there is no note of it. */
static enum io receive(struct stride *s, unsigned side, char *to, size_t room,
    size_t *n)
{
	return secure_is_on(s, side) ? secure_receive(s, side, to, room, n)
	    : receive_plain(s, side, to, room, n);
}

static void receive_done(struct stride *s, unsigned side)
{
	if (!secure_is_on(s, side))
		stride_io_done(s, side == SIDE_CLIENT ? s->c
		    : lobby_get((unsigned)s->f.peer));
}

enum io inbound_client(struct stride *s)
{
	size_t n;
	enum io io = receive(s, SIDE_CLIENT, page_at(s->f.in) + s->f.in_end,
	    page_bytes(s->f.in) - s->f.in_end, &n);

	FAULT(client_received);
	s->f.in_end = (uint16_t)(s->f.in_end + n);
	s->f.rx += n;
	receive_done(s, SIDE_CLIENT);
	return io;
}

enum io inbound_body(struct stride *s, size_t room)
{
	size_t n;
	enum io io = receive(s, SIDE_CLIENT, chain_space(&s->f.body), room,
	    &n);

	FAULT(client_received);
	chain_grow(&s->f.body, (uint32_t)n);
	s->f.rx += n;
	s->f.body_left -= n;
	if (s->f.body_left == 0)
		s->f.flags |= FLOW_BODY_WHOLE;
	receive_done(s, SIDE_CLIENT);
	return io;
}

enum io inbound_backend(struct stride *s)
{
	size_t n;
	enum io io = receive(s, SIDE_BACKEND, page_at(s->f.bin)
	    + s->f.bin_end, page_bytes(s->f.bin) - s->f.bin_end, &n);

	FAULT(backend_received);
	s->f.bin_end = (uint16_t)(s->f.bin_end + n);
	s->f.brx += n;
	receive_done(s, SIDE_BACKEND);
	return io;
}

enum io inbound_peek(struct stride *s)
{
	return secure_is_on(s, SIDE_BACKEND) ? secure_peek(s, SIDE_BACKEND)
	    : stream_peek(s->f.peer);
}
