/* SPDX-License-Identifier: BSD-2-Clause */
/* Wires: the sockets between gates and their family (shm/arrival.h). */
#include "master/wires.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define WIRE_BYTES (4 << 20) /* some hundreds of messages */

static void drop(int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
		pair[i] = -1;
	}
}

void wires_init(struct lobby *l)
{
	for (int i = 0; i < 2; i++)
		l->arrivals[i] = l->calls[i] = l->checked[i] = -1;
}

/* Beyond the system's limit if we are root, else as far as that allows. */
static void widen(int fd)
{
	int bytes = WIRE_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes)
	    < 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes)
	    < 0)
		log_debug("a wire stays narrow: %m");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes)
	    < 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes)
	    < 0)
		log_debug("a wire stays narrow: %m");
}

static bool open_one(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0, pair) < 0) {
		log_err("socketpair: %m");
		return false;
	}
	widen(pair[0]);
	widen(pair[1]);
	return true;
}

bool wires_open(struct lobby *l)
{
	return open_one(l->arrivals) && open_one(l->calls)
	    && open_one(l->checked);
}

void wires_close(struct lobby *l)
{
	drop(l->arrivals);
	drop(l->calls);
	drop(l->checked);
}

void wires_for_family(struct lobby *l)
{
	l->arrivals[1] = l->calls[0] = l->checked[1] = -1;
	for (unsigned i = 0; i < l->ngated; i++)
		l->gated[i].fd = -1;
}

void wires_for_gate(struct lobby *l)
{
	l->arrivals[0] = l->calls[1] = l->checked[0] = -1;
	for (unsigned i = 0; i < l->nlisteners; i++)
		l->listeners[i].fd = -1;
	l->bell = l->order = l->report = -1;
}
