/* SPDX-License-Identifier: BSD-2-Clause */
/* Obituaries: what the log says of a process that died. */
#ifndef MASTER_OBITUARY_H
#define MASTER_OBITUARY_H

#include "master/spawn.h"

#define OBITUARY_NAME 40

/* "worker 3", "gate 0", "steward". */
void obituary_name(const struct child *c, char name[OBITUARY_NAME]);

/* Says how the process of slot n ended (a wait status), and what it has left
 * there: its letter, its request, its backtrace, a line each. A worker whose
 * time was over is not mourned. */
void obituary_write(unsigned n, const struct child *c, int status);

/* True for a worker or gate that left because it was to leave. */
bool obituary_is_leave(const struct child *c, int status);

#endif
