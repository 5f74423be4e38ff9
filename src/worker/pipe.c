/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes through which large bodies go, and the few that a worker keeps. */
#include "worker/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "shm/slot.h"

#define PIPE_BYTES 262144
#define KEPT 8

struct ends {
	int in, out; /* the end that is read, and the one that is written */
};

/* Private: their rows are owned by this worker's slot, so that its death
 * closes them. */
static struct ends kept[KEPT];
static unsigned nkept;

static bool hang(const struct ends *e)
{
	struct conn *in = lobby_hang(e->in, CONN_PIPE);
	struct conn *out = lobby_hang(e->out, CONN_PIPE);

	if (in && out)
		return true;
	if (in)
		lobby_close(in);
	if (out)
		lobby_close(out);
	return false;
}

/* The lowest number is given out first: a high one says that few are left,
 * and those are for connections. */
static bool is_scarce(int fd)
{
	return (unsigned)fd >= lobby.nrows / 4 * 3;
}

static bool make(struct ends *e)
{
	int fd[2];
	bool made = false;

	note_take(NOTE_SOCKET, 0, 0);
	if (pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0) {
		if (is_scarce(fd[1])) {
			close(fd[0]);
			close(fd[1]);
			note_clear();
			return false;
		}
		*e = (struct ends){fd[0], fd[1]};
		fcntl(fd[1], F_SETPIPE_SZ, PIPE_BYTES);
		made = hang(e);
	}
	note_clear();
	return made;
}

bool pipe_take(struct stride *s)
{
	struct ends e;

	if (nkept > 0)
		e = kept[--nkept];
	else if (!make(&e))
		return false;
	lobby_bind(lobby_get((unsigned)e.in), s->c);
	lobby_bind(lobby_get((unsigned)e.out), s->c);
	s->f.pipe_in = e.in;
	s->f.pipe_out = e.out;
	s->f.piped = 0;
	return true;
}

void pipe_give(const struct stride *s, int32_t in, int32_t out, bool empty)
{
	struct conn *a = lobby_get((unsigned)in), *b = lobby_get((unsigned)out);

	MUST(s->f.pipe_in < 0);
	if (empty && nkept < KEPT) {
		lobby_unbind(a);
		lobby_unbind(b);
		kept[nkept++] = (struct ends){in, out};
		return;
	}
	lobby_close(a);
	lobby_close(b);
}

void pipe_forget(void)
{
	nkept = 0;
}
