/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from and to a connected socket, with one enum of outcomes. */
#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

static enum io outcome(ssize_t n, size_t *moved)
{
	*moved = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return IO_OK;
	if (n == 0)
		return IO_END;
	return errno == EAGAIN || errno == EINTR ? IO_WAIT : IO_BROKEN;
}

enum io stream_receive(int fd, void *to, size_t room, size_t *moved)
{
	return outcome(recv(fd, to, room, MSG_DONTWAIT), moved);
}

enum io stream_send(int fd, const struct iovec *v, int n, size_t *moved)
{
	struct msghdr m = {.msg_iov = (struct iovec *)v,
	    .msg_iovlen = (size_t)n};

	if (n == 1)
		return outcome(send(fd, v->iov_base, v->iov_len,
		    MSG_DONTWAIT | MSG_NOSIGNAL), moved);
	return outcome(sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL), moved);
}

enum io stream_peek(int fd)
{
	char byte;
	size_t moved;

	return outcome(recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT), &moved);
}

enum io stream_discard(int fd, size_t *moved)
{
	char sink[16384];

	return outcome(recv(fd, sink, sizeof sink, MSG_DONTWAIT | MSG_TRUNC),
	    moved);
}

enum io stream_splice_in(int fd, int pipe, size_t n, size_t *moved)
{
	return outcome(splice(fd, NULL, pipe, NULL, n, SPLICE_F_MOVE
	    | SPLICE_F_NONBLOCK), moved);
}

enum io stream_splice_out(int pipe, int fd, size_t n, bool more,
    size_t *moved)
{
	return outcome(splice(pipe, NULL, fd, NULL, n, SPLICE_F_MOVE
	    | SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0)), moved);
}
