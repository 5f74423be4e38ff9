/* SPDX-License-Identifier: BSD-2-Clause */
/* Control: commands of operators, through a unix socket. */
#include "master/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/charge.h"
#include "master/command.h"
#include "master/orders.h"
#include "master/reply.h"
#include "master/socket.h"

#define LINE_MS 10000  /* to send a command */
#define IDLE_MS 10000  /* in which no byte of an answer is taken */
#define REST_MS 1000   /* after an accept that failed */
#define YIELD_MS 200   /* then who says nothing makes room for others */

enum caller_state { CALLER_NONE, CALLER_SPEAKS, CALLER_WAITS,
	CALLER_LISTENS };

static struct caller {
	enum caller_state state;
	int fd;
	uint64_t since; /* clock_ms of its last progress */
	size_t got, sent;
	char line[COMMAND_LINE + 1]; /* and the newline */
	struct reply reply;
} callers[CONTROL_CALLERS];

static uint64_t shut_until; /* clock_ms: the machine is short of something */
static struct socket door = {.fd = -1}, next = {.fd = -1};

/* ---- The socket ---- */

/* Who runs without a file has nothing to reload or to save, and may run
 * beside others. */
static const char *path_of(const struct conf *conf)
{
	return conf->file ? conf->control.path : NULL;
}

bool control_prepare(const struct conf *conf)
{
	const char *path = path_of(conf);
	gid_t gid;

	if (path && !socket_group(conf->control.group, &gid))
		return false;
	if (path == NULL || (door.fd >= 0 && strcmp(path, door.path) == 0
	    && socket_is_there(&door)))
		return true;
	return socket_open(&next, path, conf->control.mode,
	    conf->control.group);
}

void control_commit(const struct conf *conf)
{
	if (next.fd >= 0 || path_of(conf) == NULL) {
		socket_close(&door);
		door = next;
		next.fd = -1;
	} else if (door.fd >= 0) {
		socket_permit(&door, conf->control.mode,
		    conf->control.group);
	}
}

void control_release(void)
{
	socket_close(&next);
}

const char *control_path(void)
{
	return door.fd >= 0 ? door.path : "";
}

/* ---- Callers ---- */

static void hang_up(struct caller *c)
{
	close(c->fd);
	charge_forget(&c->reply);
	reply_free(&c->reply);
	c->state = CALLER_NONE;
}

static struct caller *find_free(void)
{
	for (int i = 0; i < CONTROL_CALLERS; i++)
		if (callers[i].state == CALLER_NONE)
			return &callers[i];
	return NULL;
}

/* Who has said nothing for the longest time. */
static struct caller *find_silent(void)
{
	struct caller *found = NULL;

	for (int i = 0; i < CONTROL_CALLERS; i++)
		if (callers[i].state == CALLER_SPEAKS
		    && (!found || callers[i].since < found->since))
			found = &callers[i];
	return found;
}

static struct caller *find_yielding(void)
{
	struct caller *c = find_silent();

	return c && clock_ms() > c->since + YIELD_MS ? c : NULL;
}

/* Nobody makes room but for one who is known to knock. */
static void let_in(void)
{
	for (bool knocks = true;; knocks = false) {
		struct caller *c = find_free();
		if (c == NULL && knocks && (c = find_yielding()) != NULL)
			hang_up(c);
		if (c == NULL)
			return;
		int fd = accept4(door.fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED) {
			log_warn("control: accept: %m");
			shut_until = clock_ms() + REST_MS;
		}
		if (fd < 0)
			return;
		*c = (struct caller){.state = CALLER_SPEAKS, .fd = fd,
			.since = clock_ms()};
	}
}

/* As much of the answer as the client takes now. */
static void send_reply(struct caller *c)
{
	while (c->sent < c->reply.n) {
		ssize_t n = send(c->fd, c->reply.at + c->sent,
		    c->reply.n - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN)
				hang_up(c);
			return;
		}
		c->sent += (size_t)n;
		c->since = clock_ms();
	}
	hang_up(c);
}

static void answer(struct caller *c)
{
	c->state = CALLER_LISTENS;
	c->since = clock_ms();
	send_reply(c);
}

static void refuse(struct caller *c, const char *wrong)
{
	reply_error(&c->reply, "usage", "%s", wrong);
	reply_end(&c->reply);
	answer(c);
}

/* Who changes something is named in the log. */
static void log_order(const struct caller *c, struct slice line)
{
	struct ucred who = {0};
	socklen_t n = sizeof who;

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
		log_debug("control: who asks is unknown: %m");
	log_info("control: \"%.*s\" of user %u", SLICE_FMT(line),
	    (unsigned)who.uid);
}

static void obey(struct caller *c, struct slice line)
{
	char wrong[COMMAND_WRONG];
	struct command order;

	if (!command_parse(line, &order, wrong)) {
		refuse(c, wrong);
		return;
	}
	if (orders_change(&order))
		log_order(c, line);
	c->state = CALLER_WAITS;
	c->since = clock_ms();
	/* a reload that ends at once has answered already */
	if (orders_obey(&order, &c->reply) && c->state == CALLER_WAITS)
		answer(c);
	orders_carry_out();
}

static void listen_to(struct caller *c)
{
	ssize_t n = recv(c->fd, c->line + c->got, sizeof c->line - c->got,
	    MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->got += (size_t)n;
	const char *end = memchr(c->line, '\n', c->got);
	if (end)
		obey(c, slice_make(c->line, (size_t)(end - c->line)));
	else if (c->got == sizeof c->line)
		refuse(c, "a command is one line of at most 1024 bytes");
}

/* ---- The master's loop ---- */

static bool lets_in(void)
{
	return door.fd >= 0 && clock_ms() >= shut_until
	    && (find_free() || find_yielding());
}

nfds_t control_poll(struct pollfd *p)
{
	nfds_t n = 0;

	if (lets_in())
		p[n++] = (struct pollfd){door.fd, POLLIN, 0};
	for (int i = 0; i < CONTROL_CALLERS; i++) {
		const struct caller *c = &callers[i];
		if (c->state != CALLER_NONE)
			p[n++] = (struct pollfd){c->fd,
				c->state == CALLER_SPEAKS ? POLLIN
				: c->state == CALLER_LISTENS ? POLLOUT : 0, 0};
	}
	return n;
}

static unsigned long long sooner(unsigned long long a, unsigned long long b)
{
	return b && (a == 0 || b < a) ? b : a;
}

unsigned long long control_wakes_at(void)
{
	const struct caller *c = NULL;

	if (door.fd >= 0 && !find_free() && !find_yielding())
		c = find_silent();
	return sooner(charge_wakes_at(), c ? c->since + YIELD_MS + 1 : 0);
}

static void look_at(struct caller *c, short events)
{
	if (events == 0)
		return;
	if (c->state == CALLER_SPEAKS)
		listen_to(c);
	else if (c->state == CALLER_LISTENS)
		send_reply(c);
	else if (events & (POLLHUP | POLLERR))
		hang_up(c);
}

/* What the steward has done is told. */
static void answer_charges(void)
{
	bool due[CONTROL_CALLERS];

	for (int i = 0; i < CONTROL_CALLERS; i++)
		due[i] = charge_is_due(&callers[i].reply);
	charge_look();
	for (int i = 0; i < CONTROL_CALLERS; i++)
		if (due[i] && !charge_is_due(&callers[i].reply))
			answer(&callers[i]);
}

static uint64_t patience_of(const struct caller *c)
{
	return c->state == CALLER_SPEAKS ? LINE_MS
	    : c->state == CALLER_LISTENS ? IDLE_MS : 0;
}

static struct caller *caller_of(int fd)
{
	for (int i = 0; i < CONTROL_CALLERS; i++)
		if (callers[i].state != CALLER_NONE && callers[i].fd == fd)
			return &callers[i];
	return NULL;
}

void control_look(const struct pollfd *p, nfds_t n)
{
	bool knocks = false;

	for (nfds_t i = 0; i < n; i++) {
		struct caller *c = caller_of(p[i].fd);
		if (c)
			look_at(c, p[i].revents);
		else if (p[i].fd == door.fd)
			knocks = p[i].revents != 0;
	}
	answer_charges();
	for (int i = 0; i < CONTROL_CALLERS; i++) {
		uint64_t patience = patience_of(&callers[i]);
		if (patience && clock_ms() > callers[i].since + patience)
			hang_up(&callers[i]);
	}
	/* last: a new one may have the number of one that left */
	if (knocks && door.fd >= 0)
		let_in();
}

static void leave_caller(struct will *w, const struct caller *c)
{
	will_item(w, "caller");
	will_number(w, "state", c->state);
	will_fd(w, "fd", c->fd);
	will_number(w, "since", c->since);
	will_bytes(w, "line", c->line, c->got);
	will_bytes(w, "reply", c->reply.n ? c->reply.at + c->sent : "",
	    c->reply.n - c->sent);
	will_end(w);
}

void control_leave(struct will *w)
{
	will_item(w, "control");
	will_fd(w, "fd", door.fd);
	will_text(w, "path", control_path());
	will_number(w, "device", door.dev);
	will_number(w, "inode", door.ino);
	will_end(w);
	for (int i = 0; i < CONTROL_CALLERS; i++)
		if (callers[i].state != CALLER_NONE
		    && !charge_is_due(&callers[i].reply))
			leave_caller(w, &callers[i]);
}

static void inherit_caller(struct caller *c, struct legacy *l,
    const struct legacy_item *i)
{
	size_t n;
	const char *text = legacy_bytes(l, i, "line", sizeof c->line, &n);

	*c = (struct caller){.since = legacy_number(l, i, "since", 0,
	    UINT64_MAX), .fd = legacy_fd(l, i, "fd"), .got = n};
	memcpy(c->line, text, n);
	c->state = (enum caller_state)legacy_number(l, i, "state",
	    CALLER_SPEAKS, CALLER_LISTENS);
	text = legacy_bytes(l, i, "reply", REPLY_MOST, &n);
	c->reply.at = malloc(n + 1);
	if (c->reply.at == NULL) {
		legacy_blame(l, "no memory for a reply");
		return;
	}
	memcpy(c->reply.at, text, n);
	c->reply.n = n;
	c->reply.room = n + 1;
}

void control_inherit(struct legacy *l)
{
	const struct legacy_item *i = legacy_get(l, "control");

	door.fd = legacy_fd_or_none(l, i, "fd");
	door.dev = legacy_number(l, i, "device", 0, UINT64_MAX);
	door.ino = legacy_number(l, i, "inode", 0, UINT64_MAX);
	snprintf(door.path, sizeof door.path, "%s", legacy_text(l, i, "path",
	    sizeof door.path - 1));
	i = NULL;
	for (int n = 0; n < CONTROL_CALLERS && (i = legacy_next(l, i,
	    "caller")) != NULL; n++)
		inherit_caller(&callers[n], l, i);
}

void control_ended(const char *why, const char *said, size_t n)
{
	for (int i = 0; i < CONTROL_CALLERS; i++) {
		struct caller *c = &callers[i];
		if (c->state != CALLER_WAITS || charge_is_due(&c->reply))
			continue;
		if (why)
			reply_error(&c->reply, "failed", "%s", why);
		else
			reply_ok(&c->reply);
		reply_lines(&c->reply, said, n);
		reply_end(&c->reply);
		answer(c);
	}
}

void control_shut(void)
{
	static const char why[] = "Portico is told to stop\n";

	socket_close(&next);
	socket_close(&door);
	for (int i = 0; i < CONTROL_CALLERS; i++)
		charge_forget(&callers[i].reply);
	control_ended("the configuration stays as it was", why, sizeof why - 1);
}
