/* SPDX-License-Identifier: BSD-2-Clause */
/* The wire under a handshake: a socket from which no byte too much is read. */
#include "gate/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

#define LOOK 17000           /* a record and some */
#define FLIGHT (256u * 1024) /* more in one step is refused */

static BIO_METHOD *method;

/* Of the step that is being taken. */
static struct {
	struct wire *wire; /* NULL: none is */
	char in[LOOK];
	size_t used, n;
	bool ended;
	char *out;
	size_t nout, room;
} step;

static int bio_read(BIO *bio, char *to, size_t room, size_t *moved)
{
	size_t left = step.n - step.used, n = room < left ? room : left;

	MUST(step.wire != NULL && step.wire == BIO_get_data(bio));
	BIO_clear_retry_flags(bio);
	memcpy(to, step.in + step.used, n);
	step.used += n;
	*moved = n;
	if (n == 0 && room > 0 && !step.ended)
		BIO_set_retry_read(bio);
	return n > 0;
}

static bool has_room(size_t n)
{
	size_t room = step.room ? step.room : 8192;

	if (n > FLIGHT - step.nout)
		return false;
	while (room < step.nout + n)
		room *= 2;
	if (room != step.room) {
		char *more = realloc(step.out, room);
		if (more == NULL)
			return false;
		step.out = more;
		step.room = room;
	}
	return true;
}

static int bio_write(BIO *bio, const char *p, size_t n, size_t *moved)
{
	MUST(step.wire != NULL && step.wire == BIO_get_data(bio));
	BIO_clear_retry_flags(bio);
	*moved = 0;
	if (!has_room(n))
		return 0;
	memcpy(step.out + step.nout, p, n);
	step.nout += n;
	*moved = n;
	return 1;
}

static long bio_ctrl(BIO *bio, int word, long number, void *p)
{
	(void)bio;
	(void)number;
	(void)p;
	switch (word) {
	case BIO_CTRL_EOF:
		return step.ended && step.used == step.n;
	case BIO_CTRL_FLUSH: /* the end of the step does it */
	case BIO_CTRL_DUP:
		return 1;
	default:
		return 0;
	}
}

bool wire_init(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "wire");
	return method && BIO_meth_set_read_ex(method, bio_read)
	    && BIO_meth_set_write_ex(method, bio_write)
	    && BIO_meth_set_ctrl(method, bio_ctrl);
}

bool wire_open(struct wire *w, int fd, uint64_t rx, uint64_t tx)
{
	if (w->bio == NULL) {
		w->bio = BIO_new(method);
		if (w->bio == NULL)
			return false;
		BIO_set_data(w->bio, w);
		BIO_set_init(w->bio, 1);
	}
	w->fd = fd;
	w->rx = rx;
	w->tx = tx;
	return true;
}

void wire_close(struct wire *w)
{
	free(w->unsent);
	w->unsent = NULL;
	w->nunsent = 0;
	w->fd = -1;
}

enum io wire_send(struct wire *w)
{
	while (w->nunsent > 0) {
		const struct iovec v = {w->unsent, w->nunsent};
		size_t moved;
		enum io io = stream_send(w->fd, &v, 1, &moved);
		if (io != IO_OK)
			return io;
		w->tx += moved;
		w->nunsent -= moved;
		memmove(w->unsent, w->unsent + moved, w->nunsent);
	}
	free(w->unsent);
	w->unsent = NULL;
	return IO_OK;
}

static void begin_step(struct wire *w, ssize_t n)
{
	step.wire = w;
	step.used = step.nout = 0;
	step.n = n > 0 ? (size_t)n : 0;
	step.ended = n <= 0;
}

enum io wire_begin(struct wire *w)
{
	enum io sent = wire_send(w);

	MUST(step.wire == NULL);
	if (sent == IO_WAIT)
		return IO_WAIT;
	ssize_t n = sent == IO_OK ? recv(w->fd, step.in, sizeof step.in,
	    MSG_PEEK | MSG_DONTWAIT) : -1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return IO_WAIT;
	begin_step(w, n);
	return n > 0 ? IO_OK : n == 0 ? IO_END : IO_BROKEN;
}

void wire_begin_first(struct wire *w)
{
	MUST(step.wire == NULL && w->nunsent == 0);
	begin_step(w, 0);
	step.ended = false;
}

/* Bytes of the whole records among the n at p. */
static size_t whole_records(const char *p, size_t n)
{
	size_t whole = 0;

	while (n - whole >= 5) {
		size_t length = 5 + ((size_t)(uint8_t)p[whole + 3] << 8
		    | (uint8_t)p[whole + 4]);
		if (length > n - whole)
			break;
		whole += length;
	}
	return whole;
}

enum io wire_begin_whole(struct wire *w)
{
	enum io io = wire_begin(w);

	if (io == IO_WAIT)
		return IO_WAIT;
	step.n = whole_records(step.in, step.n);
	step.ended = false;
	if (step.n > 0)
		return IO_OK;
	step.wire = NULL;
	return IO_WAIT;
}

/* They are there, we have seen them. */
static void take_out(struct wire *w)
{
	while (step.used > 0) {
		ssize_t n = recv(w->fd, step.in, step.used, MSG_DONTWAIT);
		if (n <= 0)
			return;
		step.used -= (size_t)n;
		w->rx += (size_t)n;
	}
}

static enum io send_out(struct wire *w)
{
	const struct iovec v = {step.out, step.nout};
	size_t moved = 0;
	enum io io = stream_send(w->fd, &v, 1, &moved);

	w->tx += moved;
	if (moved == step.nout || io == IO_BROKEN)
		return io;
	w->nunsent = step.nout - moved;
	w->unsent = malloc(w->nunsent);
	if (w->unsent == NULL) {
		w->nunsent = 0;
		return IO_BROKEN;
	}
	memcpy(w->unsent, step.out + moved, w->nunsent);
	return IO_WAIT;
}

enum io wire_end(struct wire *w)
{
	MUST(step.wire == w);
	take_out(w);
	step.wire = NULL;
	return step.nout > 0 ? send_out(w) : IO_OK;
}
