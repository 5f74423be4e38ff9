/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams of a row: plain, or in records of TLS, behind one door. */
#ifndef WORKER_SECURE_H
#define WORKER_SECURE_H

#include "net/stream.h"
#include "worker/request.h"

/* side: SIDE_CLIENT, or SIDE_BACKEND with s->f.peer >= 0. All of these are for
 * sides with s->f.side[side].on; the steps call inbound.h, flush_some,
 * forward_send and stream_end, which know both kinds. None blocks.
 *
 * IO_END: close_notify has come. IO_BROKEN: the stream was cut, or broke the
 * rules; the alert that says so hangs on the row then. No page: IO_WAIT, and
 * s->starved is set: carry() waits for pages then, whatever the step says. */

/* Plaintext to `to`, at most `room` bytes, at least one with IO_OK. The caller
 * counts them in s->f before anything publishes it: so they are published
 * together with the number of the record that they came in. */
enum io secure_receive(struct stride *s, unsigned side, char *to, size_t room,
    size_t *moved);

/* Seals the first bytes of v, as many as a few pages hold, behind what is
 * sealed already. How many: the caller takes them out of s->f (chain, counts),
 * then calls secure_flush, which publishes both together. 0: no page. */
size_t secure_seal(struct stride *s, unsigned side, const struct iovec *v,
    int n);

/* Publishes s->f, then sends what is sealed. IO_OK: all of it. */
enum io secure_flush(struct stride *s, unsigned side);

/* As stream_peek; messages of the handshake that lie there are read over. */
enum io secure_peek(struct stride *s, unsigned side);

/* Seals our close_notify: nothing can be sealed behind it. secure_flush sends
 * it with what is sealed before. */
void secure_shut(struct stride *s, unsigned side);

/* The same, and sends it, as far as the socket takes it now. */
void secure_end(struct stride *s, unsigned side);

/* The socket takes nothing more: what is sealed for it is let go of, and is
 * the last. Nothing on a side that is plain. */
void secure_stop(struct stride *s, unsigned side);

/* Our close_notify on a backend's connection that no flow names any more, and
 * that is closed next: so it may be sent without being published. */
void secure_leave(const struct conn *peer);

/* True if there are bytes to receive that the socket knows nothing of: who
 * waits for it would sleep on them. */
bool secure_is_pending(const struct stride *s, unsigned side);

/* Lets go of all pages of that side. */
void secure_drop(struct stride *s, unsigned side);

/* Lets go of those that are empty: a row that waits holds none of them. */
void secure_tidy(struct stride *s);

/* True if that side's stream is in records: only then side[] is to be read. */
static inline bool secure_is_on(const struct stride *s, unsigned side)
{
	return s->f.secure >> side & 1;
}

/* Bytes that are sealed, and that the socket has not taken yet. */
static inline uint64_t secure_left(const struct stride *s, unsigned side)
{
	return secure_is_on(s, side) ? s->f.side[side].sealed.length : 0;
}

#endif
