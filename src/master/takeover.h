/* SPDX-License-Identifier: BSD-2-Clause */
/* Takeovers: all that one program of the master leaves to the next. */
#ifndef MASTER_TAKEOVER_H
#define MASTER_TAKEOVER_H

#include "master/legacy.h"
#include "master/master.h"
#include "master/will.h"

/* Everything that must live on; `program` is the path of this one. */
void takeover_leave(struct will *w, const struct master_task *task,
    const char *program);

/* Reads it, and takes it up in this process's own memory; nobody else notices,
 * so that one that is only tried may do it as well. False: l->wrong. *task,
 * which says what the command line does, gets what only the first program
 * knew; program its path. */
#define TAKEOVER_PATH 4096
bool takeover_inherit(struct legacy *l, struct master_task *task,
    char program[TAKEOVER_PATH]);

/* The same is ours from now on: who has died or was never ours is
 * forgotten. */
void takeover_begin(struct legacy *l);

#endif
