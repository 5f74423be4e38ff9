/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's side of the logger: it opens the files and passes them. */
#include "master/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/title.h"
#include "master/spawn.h"
#include "roles.h"

static int control = -1;

static int open_log(const struct conf_log *l)
{
	if (l->kind != CONF_LOG_FILE)
		return -1;
	int fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
	    | O_NOCTTY, 0640);
	if (fd < 0)
		log_err("log %s: %s", l->path, strerror(errno));
	return fd;
}

bool logs_check(const struct conf *conf)
{
	int e = open_log(&conf->error_log), a = open_log(&conf->access_logs[0].log);
	bool fine = (e >= 0 || conf->error_log.kind != CONF_LOG_FILE)
	    && (a >= 0 || conf->access_logs[0].log.kind != CONF_LOG_FILE);

	if (e >= 0)
		close(e);
	if (a >= 0)
		close(a);
	return fine;
}

static void send_order(const struct logger_order *o, const int *fd, unsigned n)
{
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	struct iovec v = {(void *)o, sizeof *o};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	if (n > 0) {
		m.msg_control = u.room;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fd, n * sizeof(int));
	}
	if (sendmsg(control, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_err("the logger takes no orders: %m");
}

void logs_reopen(const struct conf *conf)
{
	struct logger_order o = {LOGGER_REOPEN, conf->error_log.kind,
	    conf->access_logs[0].log.kind, conf->error_log.facility,
	    conf->access_logs[0].log.facility};
	int e = open_log(&conf->error_log), a = open_log(&conf->access_logs[0].log);
	int fd[2];
	unsigned n = 0;

	/* a file that cannot be opened again: better the old one than none */
	if ((e < 0 && o.error_kind == CONF_LOG_FILE)
	    || (a < 0 && o.access_kind == CONF_LOG_FILE)) {
		if (e >= 0)
			close(e);
		if (a >= 0)
			close(a);
		return;
	}
	if (e >= 0)
		fd[n++] = e;
	if (a >= 0)
		fd[n++] = a;
	send_order(&o, fd, n);
	while (n > 0)
		close(fd[--n]);
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
	generation_unmap_all();
	title_set("logger");
	first->task->logger(slot, first->control);
}

bool logs_start(const struct master_task *task, const struct conf *conf)
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
	if (fine)
		logs_reopen(conf);
	return fine;
}

void logs_finish(void)
{
	static const struct logger_order o = {.word = LOGGER_FINISH};

	if (control >= 0)
		send_order(&o, NULL, 0);
}
