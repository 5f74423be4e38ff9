/* SPDX-License-Identifier: BSD-2-Clause */
/* The logger: carries lines from the slots' rings to files and syslog. */
#include "logger/logger.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/conf.h"
#include "logger/output.h"
#include "shm/slot.h"

#define PAUSE_MS 100
#define ROUND 4096 /* lines between two looks at orders */

static struct output error_out, access_out;
static uint64_t lost_seen[SLOTS];

static int priority_of(unsigned kind)
{
	static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO,
		LOG_DEBUG, LOG_INFO};

	return priorities[kind <= RING_ACCESS ? kind : RING_ERROR];
}

static void put_line(unsigned slot, const struct ring_header *h,
    const char *text)
{
	if (h->kind == RING_ACCESS)
		output_line(&access_out, LOG_INFO, NULL, text, h->length);
	else
		output_line(&error_out, priority_of(h->kind),
		    output_prefix(slot, h->kind), text, h->length);
}

static void say_lost(unsigned slot, uint64_t lost)
{
	char text[80];
	struct ring_header h = {.kind = RING_WARN};

	h.length = (uint16_t)snprintf(text, sizeof text,
	    "%llu log lines were lost", (unsigned long long)(lost
	    - lost_seen[slot]));
	lost_seen[slot] = lost;
	put_line(slot, &h, text);
}

/* The slot whose next line is the oldest; SLOTS if there is none. */
static unsigned oldest(const unsigned *busy, unsigned n)
{
	unsigned found = SLOTS;
	uint64_t when = UINT64_MAX;
	struct ring_header h;

	for (unsigned i = 0; i < n; i++)
		if (ring_peek(&slots.at[busy[i]].ring, &h) && h.when <= when) {
			when = h.when;
			found = busy[i];
		}
	return found;
}

static unsigned find_busy(unsigned *busy)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++) {
		struct ring *r = &slots.at[i].ring;
		uint64_t lost = atomic_load(&r->lost);
		if (lost != lost_seen[i])
			say_lost(i, lost);
		if (ring_used(r) > 0)
			busy[n++] = i;
	}
	return n;
}

/* One round over the slots that have lines. */
static bool drain(void)
{
	static char text[RING_LINE_MAX];
	unsigned busy[SLOTS], n = find_busy(busy), slot;
	struct ring_header h;

	for (unsigned i = 0; i < ROUND
	    && (slot = oldest(busy, n)) < SLOTS; i++)
		if (ring_read(&slots.at[slot].ring, &h, text))
			put_line(slot, &h, text);
	output_flush(&error_out);
	output_flush(&access_out);
	return n > 0;
}

static unsigned take_descriptors(struct msghdr *m, int fd[2])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	unsigned n = 0;

	if (c && c->cmsg_type == SCM_RIGHTS) {
		n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fd, CMSG_DATA(c), (n > 2 ? 2 : n) * sizeof(int));
	}
	return n > 2 ? 2 : n;
}

static void reopen(const struct logger_order *o, const int fd[2], unsigned n)
{
	unsigned used = 0;
	int e = -1, a = -1;

	if (o->error_kind == CONF_LOG_FILE && used < n)
		e = fd[used++];
	if (o->access_kind == CONF_LOG_FILE && used < n)
		a = fd[used++];
	output_open(&error_out, o->error_kind, e, o->error_facility);
	output_open(&access_out, o->access_kind, a, o->access_facility);
}

/* False when it was told to finish, or the master has gone. */
static bool follow_order(int control)
{
	struct logger_order o;
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec v = {&o, sizeof o};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = u.room, .msg_controllen = sizeof u.room};
	int fd[2];

	if (recvmsg(control, &m, MSG_CMSG_CLOEXEC) != sizeof o)
		return false;
	if (o.word == LOGGER_FINISH)
		return false;
	reopen(&o, fd, take_descriptors(&m, fd));
	return true;
}

_Noreturn void logger_main(unsigned n, int control)
{
	struct pollfd p = {control, POLLIN, 0};

	output_open(&error_out, CONF_LOG_STDERR, -1, 0);
	for (unsigned i = 0; i < SLOTS; i++)
		lost_seen[i] = atomic_load(&slots.at[i].ring.lost);
	slot_enter(n);
	/* the first order says where lines go */
	while (poll(&p, 1, drain() ? 0 : PAUSE_MS) <= 0
	    || follow_order(control))
		;
	while (drain())
		;
	_exit(EXIT_FINE);
}
