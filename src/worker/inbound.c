/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from either peer into the row's pages. */
#include "worker/inbound.h"

#include "base/fault.h"

enum io inbound_client(struct stride *s)
{
	size_t n;

	stride_io(s->c);
	enum io io = stream_receive((int)lobby_row(s->c), page_at(s->f.in)
	    + s->f.in_end, page_bytes(s->f.in) - s->f.in_end, &n);

	FAULT(client_received);
	s->f.in_end = (uint16_t)(s->f.in_end + n);
	s->f.rx += n;
	stride_io_done(s, s->c);
	return io;
}

enum io inbound_backend(struct stride *s)
{
	const struct conn *peer = lobby_get((unsigned)s->f.peer);
	size_t n;

	stride_io(peer);
	enum io io = stream_receive(s->f.peer, page_at(s->f.bin)
	    + s->f.bin_end, page_bytes(s->f.bin) - s->f.bin_end, &n);

	FAULT(backend_received);
	s->f.bin_end = (uint16_t)(s->f.bin_end + n);
	s->f.brx += n;
	stride_io_done(s, peer);
	return io;
}
