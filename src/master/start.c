/* SPDX-License-Identifier: BSD-2-Clause */
/* How the master begins and ends: background, pid file, first words. */
#include "master/start.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static bool arm_faults(void)
{
#ifdef ENABLE_FAULT
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return false;
	fault_arm(page);
#endif
	return true;
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
