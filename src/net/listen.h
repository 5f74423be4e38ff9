/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/addr.h"

/* A bound, listening, non-blocking socket whose options its connections
 * inherit; -1 and errno if that fails. A unix socket that nobody listens on
 * any more is replaced. */
int listen_open(const struct addr *at, unsigned backlog);

/* Applies another backlog to a listening socket. */
void listen_resize(int fd, unsigned backlog);

#endif
