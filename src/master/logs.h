/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's side of the logger: it opens the files and passes them. */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/legacy.h"
#include "master/master.h"
#include "master/will.h"

/* Before a generation is made of conf: gives each of its access logs the
 * output (conf_log.output) of that destination, which may be one that another
 * generation has, and tells the logger. False if a file cannot be opened; says
 * which. Then, and when the generation comes to nothing, logs_release. */
bool logs_claim(struct conf *conf);

/* Outputs that no generation names any more are closed. */
void logs_release(void);

/* Forks the logger (again), and gives it all outputs. */
bool logs_start(const struct master_task *task);

/* conf says from now on where the error log goes; all files are opened
 * (again). One that cannot be opened stays as it is; says which. */
void logs_reopen(const struct conf *conf);

/* Tells the logger what it did not take, or what could not be opened, some
 * time ago. Called now and then. */
void logs_retry(void);

/* Tells the logger to write what is left, and to leave. */
void logs_finish(void);

/* The outputs and the logger's socket, for the program that follows, and from
 * the one before. */
void logs_leave(struct will *w);
void logs_inherit(struct legacy *l);

/* The logger is to be one of this program: the old one writes what is left,
 * and leaves; the next is started when it is buried. */
void logs_replace(void);

#endif
