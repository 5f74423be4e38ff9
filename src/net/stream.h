/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from and to a connected socket, with one enum of outcomes. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

enum io {
	IO_OK,    /* some bytes were moved */
	IO_WAIT,  /* none could be: wait for the socket */
	IO_END,   /* receive: the peer has sent its last byte */
	IO_BROKEN /* the connection is no more */
};

/* None of these blocks: the sockets are O_NONBLOCK. *moved is set to the
 * number of bytes, 0 unless IO_OK. */
enum io stream_receive(int fd, void *to, size_t room, size_t *moved);
enum io stream_send(int fd, const struct iovec *v, int n, size_t *moved);

/* Throws away what can be read now, TCP without copying it. */
enum io stream_discard(int fd, size_t *moved);

/* IO_WAIT: an idle connection is alive and has nothing to say. */
enum io stream_peek(int fd);

/* Moves up to n bytes from a socket into a pipe, from a pipe to a socket. */
enum io stream_splice_in(int fd, int pipe, size_t n, size_t *moved);
enum io stream_splice_out(int pipe, int fd, size_t n, bool more,
    size_t *moved);

#endif
