/* SPDX-License-Identifier: BSD-2-Clause */
/* One command to the master's socket, and the bytes that come back. */
#include "ctl/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/answer.h"
#include "ctl/ctl.h"

#define STEP_BYTES 65536
#define STEP_US 20000

struct call {
	struct link *link;
	uint64_t deadline;
	int fd;
	size_t room, line; /* line: where the last one begins */
};

static enum link_outcome fail(struct call *c, enum link_outcome outcome,
    const char *why)
{
	snprintf(c->link->wrong, sizeof c->link->wrong, "%s", why);
	return outcome;
}

static enum link_outcome too_late(struct call *c, enum link_outcome outcome)
{
	snprintf(c->link->wrong, sizeof c->link->wrong,
	    "no answer within %u s", c->link->patience / 1000);
	return outcome;
}

static int time_left(const struct call *c)
{
	uint64_t now = clock_us() / 1000;

	return now < c->deadline ? (int)(c->deadline - now) : 0;
}

/* LINK_DONE: the socket is ready. */
static enum link_outcome wait_for(struct call *c, short events)
{
	struct pollfd p[2] = {{.fd = c->fd, .events = events},
		{.fd = c->link->wake, .events = POLLIN}};
	int n = poll(p, 2, time_left(c));

	if (n < 0 && errno != EINTR)
		return fail(c, LINK_LOST, strerror(errno));
	if (p[1].revents)
		return LINK_WOKEN;
	if (n == 0 || time_left(c) == 0)
		return too_late(c, LINK_LOST);
	return LINK_DONE;
}

/* A master whose queue is full has it emptied in a moment. */
static enum link_outcome dial(struct call *c)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(c->link->path);

	if (n >= sizeof to.sun_path)
		return fail(c, LINK_NOBODY,
		    "the path is too long for a socket");
	memcpy(to.sun_path, c->link->path, n + 1);
	while (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return fail(c, LINK_NOBODY, strerror(errno));
		if (time_left(c) == 0)
			return too_late(c, LINK_NOBODY);
		clock_sleep_us(STEP_US);
	}
	return LINK_DONE;
}

/* A master that refuses at the door may have closed already: what it said
 * can be read all the same. */
static enum link_outcome say(struct call *c)
{
	char line[CTL_COMMAND_MAX + 1];
	int n = snprintf(line, sizeof line, "%s\n", c->link->command);
	enum link_outcome outcome = LINK_DONE;

	if (n > CTL_COMMAND_MAX)
		return fail(c, LINK_NOBODY, "the command is too long");
	for (int sent = 0; sent < n && outcome == LINK_DONE;) {
		ssize_t k = send(c->fd, line + sent, (size_t)(n - sent),
		    MSG_NOSIGNAL);

		if (k >= 0)
			sent += (int)k;
		else if (errno == EPIPE || errno == ECONNRESET)
			break;
		else if (errno != EAGAIN && errno != EINTR)
			return fail(c, LINK_LOST, strerror(errno));
		else
			outcome = wait_for(c, POLLOUT);
	}
	return outcome;
}

static bool make_room(struct call *c)
{
	struct link *l = c->link;

	if (c->room - l->n >= STEP_BYTES)
		return true;
	if (l->n >= CTL_ANSWER_MAX)
		return false;
	c->room = c->room ? 2 * c->room : 2 * STEP_BYTES;
	l->bytes = realloc(l->bytes, c->room);
	if (l->bytes == NULL)
		die("out of memory");
	return true;
}

/* Whether the lines are as long as they may be; notes where the last one
 * begins. */
static bool measure(struct call *c)
{
	const struct link *l = c->link;
	const char *last = memrchr(l->bytes + c->line, '\n', l->n - c->line);

	if (last)
		c->line = (size_t)(last + 1 - l->bytes);
	return l->n - c->line < CTL_LINE_MAX;
}

static enum link_outcome listen_to(struct call *c)
{
	struct link *l = c->link;

	while (l->n == 0 || !answer_is_whole(l->bytes, l->n)) {
		if (!make_room(c))
			return fail(c, LINK_LOST, "the answer is too long");
		ssize_t k = recv(c->fd, l->bytes + l->n, STEP_BYTES, 0);
		if (k > 0) {
			l->n += (size_t)k;
			if (!measure(c))
				return fail(c, LINK_LOST,
				    "a line of the answer is too long");
		} else if (k == 0 || errno == ECONNRESET) {
			return fail(c, LINK_LOST, l->n
			    ? "the answer is cut" : "no answer came");
		} else if (errno != EAGAIN && errno != EINTR) {
			return fail(c, LINK_LOST, strerror(errno));
		} else {
			enum link_outcome outcome = wait_for(c, POLLIN);

			if (outcome != LINK_DONE)
				return outcome;
		}
	}
	return LINK_DONE;
}

enum link_outcome link_ask(struct link *link)
{
	struct call c = {.link = link,
		.deadline = clock_us() / 1000 + link->patience};
	enum link_outcome outcome;

	link->bytes = NULL;
	link->n = 0;
	c.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c.fd < 0)
		return fail(&c, LINK_NOBODY, strerror(errno));
	outcome = dial(&c);
	if (outcome == LINK_DONE)
		outcome = say(&c);
	if (outcome == LINK_DONE)
		outcome = listen_to(&c);
	close(c.fd);
	return outcome;
}
