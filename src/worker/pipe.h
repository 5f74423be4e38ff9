/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes through which large bodies go, and the few that a worker keeps. */
#ifndef WORKER_PIPE_H
#define WORKER_PIPE_H

#include "worker/request.h"

/* Gives the row a pipe: s->f.pipe_in and pipe_out, not yet published. False
 * if there is none to be had. */
bool pipe_take(struct stride *s);

/* Takes the row's pipe away; s->f has been published without it. An empty one
 * is kept for later, another one closed. */
void pipe_give(const struct stride *s, int32_t in, int32_t out, bool empty);

/* A process that was cloned from a worker has none of that one's pipes. */
void pipe_forget(void);

#endif
