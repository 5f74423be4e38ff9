/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets. */
#include "net/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFER_SECONDS 1
#define USER_TIMEOUT_MS 60000

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof value);
}

/* An address that is bound but refuses is what a dead process left. */
static void remove_stale(const struct addr *at)
{
	struct stat st;
	int fd;

	if (stat(at->un.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, &at->sa, at->len) < 0 && errno == ECONNREFUSED)
		unlink(at->un.sun_path);
	close(fd);
}

static void set_options(int fd, const struct addr *at)
{
	if (at->sa.sa_family == AF_UNIX)
		return;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	/* urgent bytes are bytes: the kernel counts them among the others */
	set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_SECONDS);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
	/* "*" is [::] here, and means both families */
	if (at->sa.sa_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    !IN6_IS_ADDR_UNSPECIFIED(&at->in6.sin6_addr));
}

int listen_open(const struct addr *at, unsigned backlog)
{
	int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK
	    | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (at->sa.sa_family == AF_UNIX)
		remove_stale(at);
	set_options(fd, at);
	if (bind(fd, &at->sa, at->len) < 0 || listen(fd, (int)backlog) < 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	if (at->sa.sa_family == AF_UNIX)
		chmod(at->un.sun_path, 0666);
	return fd;
}

void listen_resize(int fd, unsigned backlog)
{
	listen(fd, (int)backlog);
}
