/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests without a client: rows that bring their head with them. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fault.h"
#include "shm/chores.h"
#include "shm/lobby.h"
#include "shm/pages.h"
#include "shm/slot.h"

/* The lowest number is given out first: a high one says that few are left,
 * and those are for clients. */
static bool is_scarce(int fd)
{
	return (unsigned)fd >= lobby.nrows / 4 * 3;
}

/* A descriptor that is always ready to be written to: so it can be rung. */
static struct conn *open_row(void)
{
	struct conn *c = NULL;

	note_take(NOTE_SOCKET, 0, 0);
	FAULT(chore_noted);
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	FAULT(chore_taken);
	if (fd >= 0 && is_scarce(fd))
		close(fd);
	else if (fd >= 0)
		c = lobby_hang(fd, CONN_REFRESH);
	FAULT(chore_hung);
	note_clear();
	return c;
}

static bool hang_head(struct conn *c, struct slice head, struct flow *f)
{
	uint32_t page = head.n > PAGE_LARGE ? 0 : page_take(head.n > PAGE_SMALL
	    ? PAGE_IS_LARGE : PAGE_IS_SMALL, lobby_row(c), conn_serial(c));

	if (page == 0)
		return false;
	memcpy(page_at(page), head.p, head.n);
	f->in = page;
	f->in_start = 0;
	f->in_end = (uint16_t)head.n;
	return true;
}

static void take_from(struct conn *c, const struct addr *from)
{
	memset(&c->from, 0, sizeof c->from);
	c->from.sa.sa_family = AF_UNIX;
	if (from->sa.sa_family == AF_INET)
		c->from.in = from->in;
	else if (from->sa.sa_family == AF_INET6)
		c->from.in6 = from->in6;
}

struct conn *chore_open(unsigned listener, const struct addr *from,
    struct slice head, uint32_t mark, struct flow *f)
{
	struct conn *c = open_row();

	if (c == NULL)
		return NULL;
	conn_copy_flow(f, conn_flow(c));
	if (!hang_head(c, head, f)) {
		lobby_close(c);
		return NULL;
	}
	c->listener = (uint8_t)listener;
	c->mark = mark;
	take_from(c, from);
	f->flags = FLOW_MUTE | FLOW_CLOSE;
	f->wait = WAIT_CLIENT;
	return c;
}

/* Who dies here leaves a row that rings by itself: it is owned by a dead one,
 * and whoever carries it then closes it if it has no head yet. */
void chore_begin(struct conn *c, const struct flow *f)
{
	FAULT(chore_filled);
	lobby_ring(c, f);
}

void chore_drop(struct conn *c, const struct flow *f)
{
	page_free(f->in);
	lobby_close(c);
}

bool chore_request(unsigned listener, const struct addr *from,
    struct slice head, uint32_t mark)
{
	struct flow f;
	struct conn *c = chore_open(listener, from, head, mark, &f);

	if (c)
		chore_begin(c, &f);
	return c != NULL;
}

unsigned chore_pending(uint32_t mark)
{
	unsigned n = 0, top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++) {
		const struct conn *c = lobby_get(row);
		n += c->kind == CONN_REFRESH && c->mark == mark
		    && word_state(conn_word(c)) != CONN_FREE;
	}
	return n;
}
