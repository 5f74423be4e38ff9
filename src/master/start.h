/* SPDX-License-Identifier: BSD-2-Clause */
/* How the master begins and ends: background, pid file, first words. */
#ifndef MASTER_START_H
#define MASTER_START_H

#include <stdbool.h>

#include "master/legacy.h"
#include "master/master.h"
#include "master/will.h"

/* Before anything is made: the slots, and, without -f, the background. The
 * process that was called waits until start_announce, and leaves with its
 * verdict. False, told, if it cannot be. */
bool start_prepare(const struct master_task *task, const struct conf *conf);

/* The addresses are ours: the pid file may say so. False, told, if it cannot
 * be written. */
bool start_write_pid(const char *path);

/* All is up: lets the caller's process go, and sends log lines to the logger
 * from now on. */
void start_announce(void);

/* Instead of start_prepare, of who takes the place of another program: what is
 * a process's own. Then the pid file and marks of faults. */
void start_again(void);
void start_leave(struct will *w);
void start_inherit(struct legacy *l);

/* Removes the pid file. */
void start_undo(void);

#endif
