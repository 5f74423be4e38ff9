/* SPDX-License-Identifier: BSD-2-Clause */
/* The logger: carries lines from the slots' rings to files and syslog. */
#include "logger/logger.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "logger/output.h"
#include "shm/slot.h"

#define PAUSE_MS 100
#define TELL_MS 1000
#define ROUND 4096    /* lines between two looks at orders */
#define ROUNDS 64     /* at most before an order is followed */

static struct output outputs[LOGGER_OUTPUTS];
static bool going; /* all outputs are open */

static int priority_of(unsigned kind)
{
	static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO,
		LOG_DEBUG};

	return priorities[kind < RING_ACCESS ? kind : RING_ERROR];
}

static void put_line(unsigned slot, const struct ring_header *h,
    const char *text)
{
	unsigned n = h->kind < RING_ACCESS ? LOGGER_ERROR
	    : h->kind - RING_ACCESS + LOGGER_ACCESS;

	if (n == LOGGER_ERROR)
		output_line(&outputs[n], priority_of(h->kind),
		    output_prefix(slot, h->kind), text, h->length);
	else if (n < LOGGER_OUTPUTS) /* from a ring, so not trusted */
		output_line(&outputs[n], LOG_INFO, NULL, text, h->length);
}

static void put_loss(unsigned slot, const char *text, int length)
{
	const struct ring_header h = {.kind = RING_WARN,
	    .length = (uint16_t)length};

	put_line(slot, &h, text);
}

static void tell_of_slot(unsigned slot)
{
	struct ring *r = &slots.at[slot].ring;
	uint64_t lost = atomic_load(&r->lost), told = atomic_load(&r->told);
	char text[80];

	if (lost == told)
		return;
	atomic_store(&r->told, lost);
	put_loss(slot, text, snprintf(text, sizeof text,
	    "slot %u: %llu log lines were lost: no room", slot,
	    (unsigned long long)(lost - told)));
}

static void tell_of_output(struct output *o)
{
	char text[320];

	if (o->lost == 0)
		return;
	put_loss(slot_me, text, snprintf(text, sizeof text,
	    "log %s: %llu lines were lost: %s", o->name,
	    (unsigned long long)o->lost, o->error == EAGAIN
	    ? "nobody reads it" : strerror(o->error)));
	o->lost = 0;
}

static void tell_losses(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		tell_of_slot(i);
	for (unsigned i = 0; i < LOGGER_OUTPUTS; i++)
		tell_of_output(&outputs[i]);
	output_flush(&outputs[LOGGER_ERROR]);
}

static void tell_losses_at_times(void)
{
	static uint64_t again;
	uint64_t now = clock_ms();

	if (now < again)
		return;
	again = now + TELL_MS;
	tell_losses();
}

/* The slot whose next line is the oldest, and older than *until; SLOTS if
 * there is none. *until becomes the time of the oldest line of another. */
static unsigned oldest(const unsigned *busy, unsigned n, uint64_t *until)
{
	unsigned found = SLOTS;
	uint64_t when = *until;
	struct ring_header h;

	for (unsigned i = 0; i < n; i++) {
		if (!ring_peek(&slots.at[busy[i]].ring, &h)
		    || h.when >= *until)
			continue;
		if (h.when < when) {
			*until = when;
			when = h.when;
			found = busy[i];
		} else {
			*until = h.when;
		}
	}
	return found;
}

static unsigned find_busy(unsigned *busy)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		if (ring_used(&slots.at[i].ring) > 0)
			busy[n++] = i;
	return n;
}

/* Who writes lines has escaped them, unless it is in somebody else's hands. */
static void make_one_line(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 && text[i] != '\t')
			text[i] = '?';
}

/* Its lines that are older than `until`, one at least, and `most` at most. */
static unsigned drain_slot(unsigned slot, uint64_t until, unsigned most)
{
	static char text[RING_LINE_MAX];
	struct ring *r = &slots.at[slot].ring;
	struct ring_header h;
	unsigned lines = 0;

	do {
		if (ring_read(r, &h, text)) {
			make_one_line(text, h.length);
			put_line(slot, &h, text);
		}
		lines++;
	} while (lines < most && ring_peek(r, &h) && h.when < until);
	return lines;
}

/* One round over the slots that have lines; how many lines older than `until`
 * it found. */
static unsigned drain(uint64_t until)
{
	unsigned busy[SLOTS], n = find_busy(busy), lines = 0;

	while (lines < ROUND) {
		uint64_t next = until;
		unsigned slot = oldest(busy, n, &next);
		if (slot == SLOTS)
			break;
		lines += drain_slot(slot, next, ROUND - lines);
	}
	for (unsigned i = 0; i < LOGGER_OUTPUTS; i++)
		if (outputs[i].n > 0)
			output_flush(&outputs[i]);
	return lines;
}

static int take_descriptor(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c && c->cmsg_type == SCM_RIGHTS
	    && c->cmsg_len >= CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/* Lines from before the order go where they were meant to. */
static void follow_open(const struct logger_order *o, int fd)
{
	for (unsigned i = 0; going && i < ROUNDS && drain(o->when) > 0; i++)
		;
	if (o->output < 0 || o->output >= LOGGER_OUTPUTS)
		return;
	struct output *to = &outputs[o->output];
	output_close(to);
	if (o->output != LOGGER_ERROR)
		tell_of_output(to); /* by the name that it had */
	output_open(to, o->kind, fd, o->facility, o->name);
}

/* False when it was told to finish, or the master has gone. */
static bool follow_order(int control)
{
	struct logger_order o;
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec v = {&o, sizeof o};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = u.room, .msg_controllen = sizeof u.room};

	if (recvmsg(control, &m, MSG_CMSG_CLOEXEC) != sizeof o)
		return false;
	if (o.word == LOGGER_OPEN)
		follow_open(&o, take_descriptor(&m));
	going = going || o.word == LOGGER_GO;
	return o.word != LOGGER_FINISH;
}

/* Until an order comes, or all is written for now. */
static void carry_lines(void)
{
	struct ring *bell = &slots.at[0].ring;

	ring_drowse(bell);
	unsigned lines = drain(UINT64_MAX);
	tell_losses_at_times();
	if (lines < ROUND)
		ring_sleep(bell, PAUSE_MS);
}

static void write_rest(void)
{
	uint64_t now = clock_us();

	/* what comes while it leaves is the next one's */
	while (drain(now) > 0)
		;
	for (unsigned i = LOGGER_ACCESS; i < LOGGER_OUTPUTS; i++)
		output_close(&outputs[i]);
	tell_losses();
}

_Noreturn void logger_main(unsigned n, int control)
{
	struct pollfd p = {control, POLLIN, 0};
	bool told_to_go_on = true;

	output_open(&outputs[LOGGER_ERROR], CONF_LOG_STDERR, -1, 0, "stderr");
	slot_enter(n);
	while (told_to_go_on) {
		if (poll(&p, 1, going ? 0 : -1) > 0)
			told_to_go_on = follow_order(control);
		else
			carry_lines();
	}
	write_rest();
	_exit(EXIT_FINE);
}
