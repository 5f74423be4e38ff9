/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's side of the logger: it opens the files and passes them. */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/master.h"

/* True if the files can be written; says which cannot. */
bool logs_check(const struct conf *conf);

/* Forks the logger (again), and has it open the files. */
bool logs_start(const struct master_task *task, const struct conf *conf);

/* Opens the files (again) and passes them on. */
void logs_reopen(const struct conf *conf);

/* Tells the logger to write what is left, and to leave. */
void logs_finish(void);

#endif
