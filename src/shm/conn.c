/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows: making them, and asking the kernel what it counted. */
#include "shm/conn.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifndef TCP_INFO
#define TCP_INFO 11
#endif

void conn_reset(struct conn *c, enum conn_kind kind)
{
	struct flow *f = &c->flow[0];

	c->magic = CONN_MAGIC;
	atomic_store_explicit(&c->kind, (uint8_t)kind, memory_order_relaxed);
	c->is_unix = c->in_set = c->deaths = c->late = c->gone = 0;
	c->left = 0;
	c->base_tx = c->rung = 0;
	c->number = 0;
	c->rx = c->tx = 0;
	c->prev = c->next = 0;
	atomic_store_explicit(&c->holds, 0, memory_order_relaxed);
	atomic_store_explicit(&c->queued, 0, memory_order_relaxed);
	atomic_store_explicit(&c->granted, 0, memory_order_relaxed);
	c->wanted = c->queue_next = c->queue_prev = 0;
	c->ticket = 0;
	c->npassed = 0;
	c->calls = c->mark = 0;
	c->awaits = 0;
	memset(f, 0, offsetof(struct flow, side));
	atomic_store_explicit(&c->verdict, 0, memory_order_relaxed);
	f->peer = f->pipe_in = f->pipe_out = -1;
	atomic_store_explicit(&c->cur, 0, memory_order_release);
}

/* One look at both counts of one direction; an acknowledgement that comes in
 * between would be missed, so look until nothing moves. */
static bool settled_counts(int fd, struct tcp_info *info, int *unsent,
    int *unread)
{
	for (int tries = 0; tries < 100; tries++) {
		struct tcp_info again = {0};
		socklen_t n = sizeof *info, m = sizeof again;
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &n) < 0
		    || ioctl(fd, SIOCOUTQ, unsent) < 0
		    || ioctl(fd, SIOCINQ, unread) < 0
		    || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &again, &m) < 0)
			return false;
		if (info->tcpi_bytes_acked == again.tcpi_bytes_acked
		    && info->tcpi_bytes_received == again.tcpi_bytes_received
		    && info->tcpi_state == again.tcpi_state)
			return true;
	}
	return false;
}

/* A FIN takes a number like a byte. States of include/net/tcp_states.h. */
static bool fin_received(unsigned state)
{
	return state == 8 || state == 9 || state == 11 || state == 6;
}

static bool fin_sent(unsigned state)
{
	return state == 4 || state == 5 || state == 6 || state == 9
	    || state == 11;
}

/* Both sides have sent their last byte and it was acknowledged; a reset shows
 * as an error, or as counts that leave no room for that byte. */
static bool closed_in_order(int fd, const struct tcp_info *info)
{
	struct pollfd p = {.fd = fd};

	return info->tcpi_bytes_received > 0 && info->tcpi_bytes_acked > 1
	    && poll(&p, 1, 0) >= 0 && !(p.revents & POLLERR);
}

bool conn_counts(const struct conn *c, int fd, uint64_t *rx, uint64_t *tx)
{
	struct tcp_info info = {0};
	int unsent = 0, unread = 0;

	if (c->is_unix || c->kind == CONN_REFRESH
	    || !settled_counts(fd, &info, &unsent, &unread))
		return false;
	bool closed = info.tcpi_state == 7;
	if (info.tcpi_state == 2 /* syn sent */
	    || (closed && !closed_in_order(fd, &info)))
		return false;
	*rx = info.tcpi_bytes_received - (uint64_t)unread
	    - (closed || fin_received(info.tcpi_state));
	*tx = info.tcpi_bytes_acked + (uint64_t)unsent - c->base_tx
	    - (closed || fin_sent(info.tcpi_state));
	return true;
}

bool conn_is_connecting(int fd)
{
	struct tcp_info info = {0};
	socklen_t n = sizeof info;

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0
	    && info.tcpi_state == 2;
}

struct addr conn_from(const struct conn *c)
{
	struct addr a = {.len = 0};

	if (c->from.sa.sa_family == AF_INET) {
		a.in = c->from.in;
		a.len = sizeof a.in;
	} else if (c->from.sa.sa_family == AF_INET6) {
		a.in6 = c->from.in6;
		a.len = sizeof a.in6;
	} else {
		a.un.sun_family = AF_UNIX;
		a.len = sizeof a.un.sun_family;
	}
	return a;
}
