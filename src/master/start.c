/* SPDX-License-Identifier: BSD-2-Clause */
/* How the master begins and ends: background, pid file, first words. */
#include "master/start.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/inspect.h"
#include "master/notify.h"
#include "roles.h"
#include "shm/board.h"
#include "shm/slot.h"

static int verdict = -1; /* pipe to the process that was called */
static char pid_path[512];

/* The caller's shell goes on when all is up, or has failed. */
static _Noreturn void wait_for_verdict(int from)
{
	char word = 0;

	_exit(read(from, &word, 1) == 1 ? EXIT_FINE : EXIT_FAILED);
}

static bool go_to_background(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return false;
	pid_t pid = fork();
	if (pid > 0) {
		close(fd[1]);
		wait_for_verdict(fd[0]);
	}
	close(fd[0]);
	if (pid < 0 || setsid() < 0)
		return false;
	verdict = fd[1];
	return true;
}

/* Descriptors 0 to 2 are taken for granted from here on. */
static void hold_stdio(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		;
	if (fd > 2)
		close(fd);
}

static struct area faults = {.fd = -1};

static bool arm_faults(void)
{
#ifdef ENABLE_FAULT
	faults = area_create("portico-faults", 4096);
	if (faults.at == NULL)
		return false;
	fault_arm(faults.at);
#endif
	return true;
}

static void inherit_faults(struct legacy *l, const struct legacy_item *i)
{
#ifdef ENABLE_FAULT
	int fd = legacy_fd_or_none(l, i, "faults");

	faults = area_attach(fd, 4096);
	if (faults.at)
		fault_follow(faults.at);
#else
	(void)l;
	(void)i;
#endif
}

bool start_prepare(const struct master_task *task, const struct conf *conf)
{
	hold_stdio();
	notify_init();
	crash_prepare();
	if (!inspect_now(task, conf, stderr))
		return false;
	if (!task->options.foreground && !go_to_background()) {
		log_err("cannot go to the background: %m");
		return false;
	}
	umask(022);
	if (chdir("/") < 0 || !slots_create() || !board_create()
	    || !arm_faults()) {
		log_err("no memory for slots and board: %m");
		return false;
	}
	atomic_store(&slots.at[0].role, SLOT_MASTER);
	slot_enter(0);
	log_set_level(conf->error_log.level);
	return true;
}

void start_again(void)
{
	hold_stdio();
	crash_prepare();
	umask(022);
	slot_enter(0);
	log_to(slot_log);
}

void start_leave(struct will *w)
{
	will_item(w, "start");
	will_text(w, "pid_file", pid_path);
	will_text(w, "notify", notify_name());
	will_fd(w, "faults", faults.fd);
	will_end(w);
}

void start_inherit(struct legacy *l)
{
	const struct legacy_item *i = legacy_get(l, "start");
	const char *notify = legacy_text(l, i, "notify", 4096);

	snprintf(pid_path, sizeof pid_path, "%s", legacy_text(l, i,
	    "pid_file", sizeof pid_path - 1));
	if (*notify)
		setenv("NOTIFY_SOCKET", notify, 1);
	notify_init();
	inherit_faults(l, i);
}

bool start_write_pid(const char *path)
{
	FILE *f = fopen(path, "we");
	bool written = f && fprintf(f, "%d\n", getpid()) > 0;

	if (f)
		snprintf(pid_path, sizeof pid_path, "%s", path);
	if (f && fclose(f) != 0)
		written = false;
	if (!written)
		log_err("pid_file %s: %m", path);
	return written;
}

void start_announce(void)
{
	log_to(slot_log);
	if (verdict < 0)
		return;
	if (write(verdict, "1", 1) == 1)
		fd_let_go_of_stdio();
	close(verdict);
	verdict = -1;
}

/* Another master may have followed while this one finished. */
static bool says_our_pid(void)
{
	FILE *f = fopen(pid_path, "re");
	long pid = 0;
	bool ours = f && fscanf(f, "%20ld", &pid) == 1 && pid == getpid();

	if (f)
		fclose(f);
	return ours;
}

void start_undo(void)
{
	if (pid_path[0] && says_our_pid())
		unlink(pid_path);
}
