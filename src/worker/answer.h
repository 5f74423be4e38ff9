/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of the error log about a request that did not go well. */
#ifndef WORKER_ANSWER_H
#define WORKER_ANSWER_H

#include "base/log.h"
#include "worker/request.h"

/* Client, request line, what was done about it, backend and reason. */
void answer_log(const struct stride *s, enum log_level level,
    const char *what);

/* An answer of ours that has nothing against the body: it is read over, if it
 * is small, and the connection goes on. */
next_step answer_with(struct stride *s, unsigned status, enum cause cause);

#endif
