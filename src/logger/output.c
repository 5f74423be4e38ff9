/* SPDX-License-Identifier: BSD-2-Clause */
/* Outputs of the logger: a file, standard error or syslog. */
#include "logger/output.h"

#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/slot.h"

void output_open(struct output *o, int kind, int fd, int facility)
{
	output_flush(o);
	if (o->kind == CONF_LOG_FILE)
		close(o->fd);
	o->kind = (enum conf_log_kind)kind;
	o->fd = kind == CONF_LOG_STDERR ? STDERR_FILENO : fd;
	o->facility = facility;
	if (kind == CONF_LOG_SYSLOG)
		openlog("portico", LOG_PID, LOG_DAEMON);
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

	if (o->kind == CONF_LOG_OFF)
		return;
	if (o->kind == CONF_LOG_SYSLOG) {
		syslog(o->facility | priority, "%.*s", (int)n, text);
		return;
	}
	if (o->n + np + n + 1 > sizeof o->bytes)
		output_flush(o);
	add(o, prefix ? prefix : "", np);
	add(o, text, n);
	add(o, "\n", 1);
}

void output_flush(struct output *o)
{
	size_t done = 0;

	while (done < o->n) {
		ssize_t n = write(o->fd, o->bytes + done, o->n - done);
		if (n <= 0)
			break; /* a full disk: these lines are lost */
		done += (size_t)n;
	}
	o->n = 0;
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
	if (role == SLOT_WORKER)
		n += (size_t)snprintf(text + n, sizeof text - n, " %u",
		    s->number);
	snprintf(text + n, sizeof text - n, ": ");
	return text;
}
