/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrivals: connections that gates have made, received into rows. */
#include "shm/arrive.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "shm/call.h"
#include "shm/seats.h"
#include "shm/slot.h"

#define HEAD offsetof(struct arrival, facts)

/* The lowest number is given out first, so below the highest row there is one,
 * or few rows have ever been used. A socket in a message for which there is no
 * number would be closed by the kernel. */
static bool is_a_number_left(void)
{
	if (lobby_top() + SLOTS < lobby.nrows)
		return true;
	note_take(NOTE_SOCKET, 0, 0);
	int fd = fcntl(lobby.arrivals[0], F_DUPFD_CLOEXEC, 0);
	FAULT(number_found);
	if (fd >= 0)
		close(fd);
	note_clear();
	return fd >= 0;
}

/* Idle connections to backends give way to what has come. */
static bool make_room(void)
{
	while (!is_a_number_left()) {
		struct conn *idle = seat_remove_any();
		if (idle == NULL)
			return false;
		lobby_close(idle);
	}
	return true;
}

/* The descriptor that came with it; -1: none. No others are let in. */
static int take_descriptor(struct msghdr *m)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS
		    && c->cmsg_len == CMSG_LEN(sizeof fd))
			memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/* The room for descriptors is that for one: of more the kernel lets go. */
static ssize_t receive(struct arrival *a, int *fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec v = {a, sizeof *a};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = u.room, .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t n = recvmsg(lobby.arrivals[0], &m, MSG_DONTWAIT
	    | MSG_CMSG_CLOEXEC);

	*fd = n > 0 ? take_descriptor(&m) : -1;
	return n;
}

static bool has_keys(const struct session *s)
{
	const struct record_keys *k = &s->keys;

	return (k->version == RECORD_TLS12 || k->version == RECORD_TLS13)
	    && k->suite > RECORD_NONE && k->suite <= RECORD_CHACHA20_POLY1305
	    && k->secret_bytes <= sizeof k->read[0].secret
	    && s->nserver <= SESSION_SERVER;
}

static bool is_lawful(const struct arrival *a, size_t n)
{
	if (n < HEAD || a->nfacts > ARRIVAL_FACTS || n != HEAD + a->nfacts)
		return false;
	if (a->kind == ARRIVAL_CLIENT)
		return has_keys(&a->session)
		    && lobby_gated(a->listener) != NULL;
	return a->kind != ARRIVAL_BACKEND || has_keys(&a->session);
}

bool arrive_hang_facts(struct conn *c, const struct arrival *a)
{
	struct flow f;

	conn_copy_flow(&f, conn_flow(c));
	if (a->nfacts == 0 || f.facts)
		return true;
	f.facts = page_take_spare(PAGE_IS_SMALL, lobby_row(c), conn_serial(c));
	if (f.facts == 0)
		return false;
	memcpy(page_at(f.facts), a->facts, a->nfacts);
	memset(page_at(f.facts) + a->nfacts, 0, PAGE_SMALL - a->nfacts);
	f.flags &= ~(uint32_t)FLOW_LOST;
	conn_publish(c, &f);
	return true;
}

/* Its row is named before: whoever settles that one finds what it brings. */
static struct conn *hang_row(struct arrival *a, int fd)
{
	a->row = (uint32_t)fd;
	if (a->row < lobby.nrows)
		a->serial = conn_serial(lobby_get(a->row));
	return lobby_hang_arrival(fd, lobby_gated(a->listener), a);
}

/* Without what is known of it nobody may serve it. */
static struct conn *hang_client(struct arrival *a, int fd)
{
	struct conn *c = hang_row(a, fd);

	FAULT(arrival_owned);
	bool whole = c && arrive_hang_facts(c, a);
	FAULT(arrival_whole);
	explicit_bzero(a, HEAD + a->nfacts);
	note_clear();
	if (c == NULL || whole)
		return c;
	if (lobby_may_tell(LOBBY_NO_PAGES))
		log_err("no page is left for what is known of a client: "
		    "closed; \"buffers\" is too small");
	lobby_close(c);
	return NULL;
}

static struct conn *let_go(struct arrival *a, int fd, const char *why)
{
	if (fd >= 0)
		close(fd);
	explicit_bzero(a, sizeof *a);
	note_clear();
	if (lobby_may_tell(LOBBY_NO_ROOM))
		log_err("a message of a gate is dropped: %s", why);
	return NULL;
}

static struct conn *take_in(struct arrival *a, size_t n, int fd)
{
	if (!is_lawful(a, n))
		return let_go(a, fd, "it is not whole");
	if (a->kind == ARRIVAL_CLIENT)
		return fd >= 0 ? hang_client(a, fd)
		    : let_go(a, fd, "its socket got lost");
	/* which clears the note */
	struct conn *c = arrive_backend(a, fd);
	explicit_bzero(&a->session, sizeof a->session);
	return c;
}

struct conn *arrive(void)
{
	struct arrival *a = &lobby.hands[slot_me];
	int fd;

	if (!make_room()) {
		lobby_arrivals_out();
		return NULL;
	}
	note_take(NOTE_ACCEPT, 0, 0);
	FAULT(arrival_noted);
	a->kind = ARRIVAL_NONE;
	ssize_t n = receive(a, &fd);
	int error = errno;
	FAULT(arrival_taken);
	if (n != 0) /* the next message is another worker's */
		lobby_arrivals_in();
	if (n > 0)
		return take_in(a, (size_t)n, fd);
	note_clear();
	if (n == 0) /* no gate will ever come again */
		lobby_arrivals_out();
	else if (error != EAGAIN && error != EINTR)
		log_err("what gates send cannot be received: %s",
		    strerrordesc_np(error));
	return NULL;
}

static bool is_peer(int fd, const struct addr *peer)
{
	struct addr is = {.len = sizeof is.un};

	return getpeername(fd, &is.sa, &is.len) == 0
	    && (is.sa.sa_family == AF_UNIX
	    ? peer->sa.sa_family == AF_UNIX : addr_eq(&is, peer));
}

struct conn *arrive_adopt(unsigned n, int fd)
{
	struct arrival *a = &lobby.hands[n];

	if (a->kind != ARRIVAL_CLIENT || !is_lawful(a, HEAD + a->nfacts)
	    || !is_peer(fd, &a->peer))
		return NULL;
	struct conn *c = hang_row(a, fd);
	FAULT(arrival_adopted);
	if (c && !arrive_hang_facts(c, a)) {
		lobby_close(c);
		c = NULL;
	}
	explicit_bzero(a, sizeof *a);
	return c;
}

bool arrive_complete(struct conn *c)
{
	for (unsigned n = 1; n < SLOTS; n++) {
		struct arrival *a = &lobby.hands[n];
		if (a->kind != ARRIVAL_CLIENT || a->row != lobby_row(c)
		    || a->serial != conn_serial(c) || !slot_is_dead(n))
			continue;
		if (!arrive_hang_facts(c, a))
			return false;
		explicit_bzero(a, sizeof *a);
	}
	return true;
}
