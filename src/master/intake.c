/* SPDX-License-Identifier: BSD-2-Clause */
/* Intakes: what a child of the master says through a pipe, until it ends. */
#include "master/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool grow(struct intake *in)
{
	size_t room = in->room ? 2 * in->room : 4096;
	char *at = room <= in->most ? realloc(in->at, room) : NULL;

	if (at == NULL)
		return false;
	in->at = at;
	in->room = room;
	return true;
}

void intake_end(struct intake *in)
{
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

static void keep_last(struct intake *in, const char *p, size_t n)
{
	size_t kept = n < INTAKE_LAST ? INTAKE_LAST - n : 0;

	memmove(in->last, in->last + INTAKE_LAST - kept, kept);
	memcpy(in->last + kept, p + n - (INTAKE_LAST - kept),
	    INTAKE_LAST - kept);
}

void intake_take(struct intake *in)
{
	char rest[4096];

	while (in->fd >= 0) {
		bool fits = in->n < in->room || grow(in);
		char *to = fits ? in->at + in->n : rest;
		ssize_t n = read(in->fd, to, fits ? in->room - in->n
		    : sizeof rest);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			intake_end(in);
			return;
		}
		keep_last(in, to, (size_t)n);
		in->cut = in->cut || !fits;
		in->n += fits ? (size_t)n : 0;
	}
}

void intake_add(struct intake *in, const char *text)
{
	size_t n = strlen(text);

	if (n <= in->room - in->n || grow(in)) {
		memcpy(in->at + in->n, text, n);
		in->n += n;
	}
}

bool intake_open(struct intake *in, size_t most, int *other)
{
	int fd[2];

	intake_end(in);
	in->n = 0;
	in->most = most;
	in->cut = false;
	memset(in->last, 0, INTAKE_LAST);
	if (pipe2(fd, O_CLOEXEC) < 0)
		return false;
	in->fd = fd[0];
	*other = fd[1];
	return fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0;
}
