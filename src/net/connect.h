/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets towards backends. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include "base/addr.h"

/* A non-blocking socket for that address, -1 (and errno) if none can be. */
int connect_socket(const struct addr *to);

/* Begins to connect it; does not wait. 0: it is under way or done, and the
 * first bytes may be sent once the socket can be written; else an errno. */
int connect_begin(int fd, const struct addr *to);

#endif
