/* SPDX-License-Identifier: BSD-2-Clause */
/* Wills: how a legacy (legacy.h) is written. */
#include "master/will.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "master/legacy.h"

bool will_begin(struct will *w)
{
	*w = (struct will){0};
	int fd = memfd_create("portico-legacy", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	w->to = fdopen(fd, "w");
	if (w->to == NULL) {
		close(fd);
		return false;
	}
	fputs(LEGACY_FIRST_LINE "\n", w->to);
	return true;
}

void will_item(struct will *w, const char *kind)
{
	fputs(kind, w->to);
}

void will_end(struct will *w)
{
	putc('\n', w->to);
}

void will_number(struct will *w, const char *key, uint64_t v)
{
	fprintf(w->to, "\t%s=%llu", key, (unsigned long long)v);
}

void will_bytes(struct will *w, const char *key, const char *p, size_t n)
{
	fprintf(w->to, "\t%s=", key);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c < ' ' || c > '~' || c == '%')
			fprintf(w->to, "%%%02x", c);
		else
			putc(c, w->to);
	}
}

void will_text(struct will *w, const char *key, const char *text)
{
	will_bytes(w, key, text, strlen(text));
}

static void note(struct will *w, int fd)
{
	if (w->nfds == w->room) {
		unsigned room = w->room ? 2 * w->room : 64;
		int *fds = reallocarray(w->fds, room, sizeof *fds);
		if (fds == NULL) {
			w->failed = true;
			return;
		}
		w->fds = fds;
		w->room = room;
	}
	w->fds[w->nfds++] = fd;
}

void will_fd(struct will *w, const char *key, int fd)
{
	will_number(w, key, fd < 0 ? 0 : (uint64_t)fd + 1);
	if (fd >= 0)
		note(w, fd);
}

/* Of its own: the stream goes with the will. */
int will_seal(struct will *w)
{
	bool whole = fflush(w->to) == 0 && !ferror(w->to) && !w->failed;

	if (!whole) {
		errno = ENOMEM;
		return -1;
	}
	return fcntl(fileno(w->to), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static bool pass(int fd, bool live)
{
	return fcntl(fd, F_SETFD, live ? 0 : FD_CLOEXEC) == 0;
}

bool will_pass(const struct will *w, int fd, bool live)
{
	bool all = pass(fd, live);

	for (unsigned i = 0; i < w->nfds; i++)
		all = pass(w->fds[i], live) && all;
	return all;
}

void will_drop(struct will *w)
{
	if (w->to)
		fclose(w->to);
	free(w->fds);
	*w = (struct will){0};
}
