/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's side of the logger: it opens the files and passes them. */
#include "master/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/title.h"
#include "master/spawn.h"
#include "roles.h"
#include "shm/board.h"

#define RETRY_MS 1000

/* What the logger has, by its number there. */
static struct output {
	bool claimed; /* else: free, or about to be closed */
	bool due;     /* the logger is to be told */
	bool open;    /* the logger has it */
	bool failed;  /* and that has been said */
	enum conf_log_kind kind;
	char *path; /* CONF_LOG_FILE: its own copy */
	int facility;
} outputs[LOGGER_OUTPUTS];

static int control = -1;
static uint64_t retry_at; /* clock_ms; 0: nothing is due */
static unsigned last_output;

/* A FIFO is held open for both directions: there need be no reader now, and
 * one that comes back finds what was written meanwhile. Its writes must not
 * wait; to files O_NONBLOCK means nothing. */
static int open_log(const char *path)
{
	struct stat st;
	bool fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);

	return open(path, (fifo ? O_RDWR : O_WRONLY | O_CREAT | O_APPEND)
	    | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640);
}

static bool can_open(const struct conf_log *l)
{
	if (l->kind != CONF_LOG_FILE)
		return true;
	int fd = open_log(l->path);
	if (fd < 0) {
		log_err("log %s: %s", l->path, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool is_of(const struct output *o, const struct conf_log *l)
{
	if (o->kind != l->kind)
		return false;
	if (l->kind == CONF_LOG_FILE)
		return strcmp(o->path, l->path) == 0;
	return l->kind != CONF_LOG_SYSLOG || o->facility == l->facility;
}

static bool send_order(struct logger_order *o, int fd)
{
	o->when = clock_us();
	if (control < 0 || fd_send(control, o, sizeof *o, fd) < 0)
		return false;
	ring_wake(&slots.at[0].ring);
	return true;
}

/* False: it is due still. */
static bool tell(unsigned n)
{
	struct output *o = &outputs[n];
	struct logger_order order = {.word = LOGGER_OPEN, .output = (int)n,
	    .kind = o->claimed ? (int)o->kind : CONF_LOG_OFF,
	    .facility = o->facility};
	int fd = -1;

	if (order.kind == CONF_LOG_FILE) {
		snprintf(order.name, sizeof order.name, "%s", o->path);
		fd = open_log(o->path);
	}
	if (order.kind == CONF_LOG_FILE && fd < 0) {
		if (!o->failed)
			log_err("log %s: %s%s", o->path, strerror(errno),
			    o->open ? ": the file that was open stays" : "");
		o->failed = true;
		return o->open;
	}
	o->failed = false;
	bool taken = send_order(&order, fd);
	if (fd >= 0)
		close(fd);
	o->open = o->claimed && (o->open || taken);
	return taken;
}

static void tell_due(void)
{
	retry_at = 0;
	for (unsigned n = 0; n < LOGGER_OUTPUTS; n++) {
		if (outputs[n].due && tell(n))
			outputs[n].due = false;
		if (outputs[n].due)
			retry_at = clock_ms() + RETRY_MS;
	}
}

void logs_retry(void)
{
	if (control >= 0 && retry_at && clock_ms() >= retry_at)
		tell_due();
}

static void set_output(struct output *o, const struct conf_log *l)
{
	free(o->path);
	o->path = NULL;
	o->kind = l->kind;
	o->facility = l->facility;
	o->claimed = o->due = true;
	o->failed = false;
	if (l->kind == CONF_LOG_FILE && (o->path = strdup(l->path)) == NULL)
		die("no memory for the logs");
}

/* Numbers go round, so that one is not used again soon. */
static struct output *new_output(void)
{
	for (unsigned i = 0; i < LOGGER_OUTPUTS - LOGGER_ACCESS; i++) {
		last_output = (last_output + 1)
		    % (LOGGER_OUTPUTS - LOGGER_ACCESS);
		if (!outputs[LOGGER_ACCESS + last_output].claimed)
			return &outputs[LOGGER_ACCESS + last_output];
	}
	return NULL;
}

static struct output *find_output(const struct conf_log *l)
{
	for (unsigned n = LOGGER_ACCESS; n < LOGGER_OUTPUTS; n++)
		if (outputs[n].claimed && is_of(&outputs[n], l))
			return &outputs[n];
	return NULL;
}

static bool claim(struct conf_log *l)
{
	struct output *o = find_output(l);

	if (o == NULL) {
		o = new_output();
		if (o == NULL) {
			log_err("more than %d access logs are in use: reload "
			    "later", LOGGER_OUTPUTS - LOGGER_ACCESS);
			return false;
		}
		o->open = false;
		set_output(o, l);
	}
	l->output = (unsigned)(o - &outputs[LOGGER_ACCESS]);
	return true;
}

bool logs_claim(struct conf *conf)
{
	bool fine = can_open(&conf->error_log);

	if (!outputs[LOGGER_ERROR].claimed)
		set_output(&outputs[LOGGER_ERROR], &conf->error_log);
	for (unsigned i = 0; i < conf->naccess_logs; i++)
		fine = can_open(&conf->access_logs[i].log) && fine;
	for (unsigned i = 0; fine && i < conf->naccess_logs; i++)
		fine = claim(&conf->access_logs[i].log);
	if (fine && control >= 0)
		tell_due();
	return fine;
}

static bool is_named(unsigned n)
{
	for (int i = 0; i < GENERATIONS; i++) {
		const struct conf *conf = generations[i].conf;
		if (generations[i].state == GEN_NONE)
			continue;
		for (unsigned k = 0; k < conf->naccess_logs; k++)
			if (conf->access_logs[k].log.output == n)
				return true;
	}
	return false;
}

void logs_release(void)
{
	for (unsigned n = LOGGER_ACCESS; n < LOGGER_OUTPUTS; n++)
		if (outputs[n].claimed && !is_named(n - LOGGER_ACCESS)) {
			outputs[n].claimed = outputs[n].open = false;
			outputs[n].due = true;
		}
	if (control >= 0)
		tell_due();
}

void logs_reopen(const struct conf *conf)
{
	set_output(&outputs[LOGGER_ERROR], &conf->error_log);
	for (unsigned n = 0; n < LOGGER_OUTPUTS; n++) {
		outputs[n].due = outputs[n].due || outputs[n].claimed;
		outputs[n].failed = false;
	}
	tell_due();
}

struct logger_first {
	const struct master_task *task;
	int control;
};

static void run_logger(unsigned slot, void *arg)
{
	struct logger_first *first = arg;
	int keep[] = {0, 1, 2, first->control};

	fd_close_all_but(keep, 4);
	generation_unmap_all(NULL);
	area_unmap(&board.area);
	title_set("logger");
	first->task->logger(slot, first->control);
}

static bool fork_logger(const struct master_task *task)
{
	int pair[2];

	if (control >= 0)
		close(control);
	control = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		log_err("socketpair: %m");
		return false;
	}
	struct logger_first first = {task, pair[1]};
	bool fine = spawn_fork(SLOT_LOGGER, 0, run_logger, &first);
	close(pair[1]);
	control = pair[0];
	return fine;
}

static bool send_word(enum logger_word word)
{
	struct logger_order o = {.word = word};

	return send_order(&o, -1);
}

bool logs_start(const struct master_task *task)
{
	bool fine = fork_logger(task);

	for (unsigned n = 0; n < LOGGER_OUTPUTS; n++) {
		outputs[n].due = outputs[n].claimed;
		outputs[n].open = outputs[n].failed = false;
	}
	tell_due();
	return fine && send_word(LOGGER_GO);
}

static unsigned flags_of(const struct output *o)
{
	return (unsigned)o->due | (unsigned)o->open << 1
	    | (unsigned)o->failed << 2;
}

static void leave_output(struct will *w, unsigned n)
{
	const struct output *o = &outputs[n];

	if (!o->claimed && !o->due)
		return;
	will_item(w, "log");
	will_number(w, "output", n);
	will_number(w, "claimed", o->claimed);
	will_number(w, "flags", flags_of(o));
	will_number(w, "kind", o->kind);
	will_number(w, "facility", (uint64_t)o->facility);
	will_text(w, "path", o->path ? o->path : "");
	will_end(w);
}

void logs_leave(struct will *w)
{
	for (unsigned n = 0; n < LOGGER_OUTPUTS; n++)
		leave_output(w, n);
	will_item(w, "logger");
	will_fd(w, "control", control);
	will_number(w, "last", last_output);
	will_end(w);
}

static void inherit_output(struct legacy *l, const struct legacy_item *i)
{
	struct output *o = &outputs[legacy_number(l, i, "output", 0,
	    LOGGER_OUTPUTS - 1)];
	unsigned flags = (unsigned)legacy_number(l, i, "flags", 0, 7);
	const char *path = legacy_text(l, i, "path", 4096);

	*o = (struct output){.claimed = legacy_bool(l, i, "claimed"),
	    .due = flags & 1, .open = flags & 2, .failed = flags & 4,
	    .kind = (enum conf_log_kind)legacy_number(l, i, "kind", 0,
		CONF_LOG_SYSLOG),
	    .facility = (int)legacy_number(l, i, "facility", 0, 1 << 16)};
	if (o->kind != CONF_LOG_FILE)
		return;
	o->path = strdup(path);
	if (o->path == NULL)
		die("no memory for the logs");
}

void logs_inherit(struct legacy *l)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, "log")) != NULL)
		inherit_output(l, i);
	i = legacy_get(l, "logger");
	control = legacy_fd_or_none(l, i, "control");
	last_output = (unsigned)legacy_number(l, i, "last", 0,
	    LOGGER_OUTPUTS);
	retry_at = clock_ms();
}

void logs_replace(void)
{
	if (!send_word(LOGGER_FINISH))
		log_debug("the logger takes no orders: %m");
}

void logs_finish(void)
{
	if (!send_word(LOGGER_FINISH) && control >= 0)
		log_err("the logger takes no orders: %m");
}
