/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: which stay open, and how many there may be. */
#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void fd_close_all_but(int *keep, size_t n)
{
	unsigned next = 0;

	qsort(keep, n, sizeof *keep, by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 0)
			continue;
		unsigned fd = (unsigned)keep[i];
		if (fd > next)
			close_range(next, fd - 1, 0);
		if (fd >= next)
			next = fd + 1;
	}
	close_range(next, UINT_MAX, 0);
}

bool fd_limit(unsigned n)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return false;
	l.rlim_cur = n;
	if (l.rlim_max < n)
		l.rlim_max = n;
	return setrlimit(RLIMIT_NOFILE, &l) == 0;
}

unsigned fd_limit_raise(unsigned n)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return 0;
	if (l.rlim_max < n) {
		rlim_t before = l.rlim_max;
		l.rlim_max = n;
		if (setrlimit(RLIMIT_NOFILE, &l) < 0)
			l.rlim_max = before;
	}
	return l.rlim_max > UINT_MAX ? UINT_MAX : (unsigned)l.rlim_max;
}

bool fd_is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

void fd_let_go_of_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

ssize_t fd_send(int to, const void *p, size_t n, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	struct iovec v = {(void *)p, n};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	if (fd >= 0) {
		m.msg_control = u.room;
		m.msg_controllen = sizeof u.room;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}
