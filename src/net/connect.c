/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets towards backends. */
#include "net/connect.h"

#include <errno.h>
#include <netinet/tcp.h>

int connect_socket(const struct addr *to)
{
	int on = 1;
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd >= 0 && to->sa.sa_family != AF_UNIX) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
	}
	return fd;
}

int connect_begin(int fd, const struct addr *to)
{
	if (connect(fd, &to->sa, to->len) == 0)
		return 0;
	return errno == EINPROGRESS || errno == EALREADY || errno == EISCONN
	    ? 0 : errno;
}
