/* SPDX-License-Identifier: BSD-2-Clause */
/* Outputs of the logger: a file, standard error or syslog. */
#include "logger/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/slot.h"

static uint64_t count_lines(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

/* The first n bytes have been written. */
static void consume(struct output *o, size_t n)
{
	if (n > 0)
		o->torn = o->bytes[n - 1] != '\n';
	memmove(o->bytes, o->bytes + n, o->n - n);
	o->n -= n;
}

/* What is gathered is lost, but for the rest of a line of which some was
 * written: without it the next line would be spoiled too. */
static void lose(struct output *o, int error)
{
	const char *nl = o->torn ? memchr(o->bytes, '\n', o->n) : NULL;
	size_t rest = nl ? (size_t)(nl + 1 - o->bytes) : 0;

	o->lost += count_lines(o->bytes + rest, o->n - rest);
	o->error = error;
	o->n = rest;
}

void output_flush(struct output *o)
{
	size_t done = 0;
	ssize_t n = 1;

	o->stuck = false;
	while (n > 0 && done < o->n) {
		n = write(o->fd, o->bytes + done, o->n - done);
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	consume(o, done);
	if (o->n == 0)
		return;
	if (n < 0 && errno == EAGAIN)
		o->stuck = true;
	else
		lose(o, n < 0 ? errno : EIO);
}

void output_close(struct output *o)
{
	output_flush(o);
	o->torn = false;
	if (o->n > 0)
		lose(o, o->stuck ? EAGAIN : o->error);
	o->n = 0;
	o->stuck = false;
	if (o->kind == CONF_LOG_FILE)
		close(o->fd);
	o->kind = CONF_LOG_OFF;
}

void output_open(struct output *o, int kind, int fd, int facility,
    const char *name)
{
	o->kind = (enum conf_log_kind)kind;
	o->fd = kind == CONF_LOG_STDERR ? STDERR_FILENO : fd;
	o->facility = facility;
	snprintf(o->name, sizeof o->name, "%s", name);
}

/* As other daemons write it, with the number that an operator knows. */
static void put_syslog(int priority, const char *text, size_t n)
{
	static char ident[40];

	if (ident[0] == '\0') {
		snprintf(ident, sizeof ident, "portico[%d]", (int)getppid());
		openlog(ident, 0, LOG_DAEMON);
	}
	syslog(priority, "%.*s", (int)(n > OUTPUT_SYSLOG ? OUTPUT_SYSLOG : n),
	    text);
}

static void add(struct output *o, const char *p, size_t n)
{
	memcpy(o->bytes + o->n, p, n);
	o->n += n;
}

void output_line(struct output *o, int priority, const char *prefix,
    const char *text, size_t n)
{
	size_t np = prefix ? strlen(prefix) : 0;

	if (o->kind == CONF_LOG_OFF) {
		o->lost++;
		o->error = EBADF;
		return;
	}
	if (o->kind == CONF_LOG_SYSLOG) {
		put_syslog(o->facility | priority, text, n);
		return;
	}
	if (o->n + np + n + 1 > OUTPUT_BATCH && !o->stuck)
		output_flush(o);
	if (o->n + np + n + 1 > sizeof o->bytes) {
		o->lost++;
		o->error = EAGAIN;
		return;
	}
	add(o, prefix ? prefix : "", np);
	add(o, text, n);
	add(o, "\n", 1);
}

const char *output_prefix(unsigned slot, unsigned kind)
{
	static char text[96];
	static const char *const level[] = {"error", "warn", "info", "debug"};
	const struct slot *s = &slots.at[slot];
	enum slot_role role = (enum slot_role)s->role;
	time_t now = (time_t)clock_wall();
	struct tm tm;

	localtime_r(&now, &tm);
	size_t n = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S ", &tm);
	n += (size_t)snprintf(text + n, sizeof text - n, "%s %s",
	    level[kind < RING_ACCESS ? kind : 0], slot_role_name(role));
	if (role == SLOT_WORKER || role == SLOT_GATE)
		n += (size_t)snprintf(text + n, sizeof text - n, " %u",
		    s->number);
	snprintf(text + n, sizeof text - n, ": ");
	return text;
}
