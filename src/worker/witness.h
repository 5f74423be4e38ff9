/* SPDX-License-Identifier: BSD-2-Clause */
/* What others can see of a stride: when it began, and what it carried. */
#ifndef WORKER_WITNESS_H
#define WORKER_WITNESS_H

#include "worker/request.h"

/* Once per worker: a crash leaves the request of the stride under way. */
void witness_init(void);

/* Round each stride; s->now is set. */
void witness_begin(const struct stride *s);
void witness_end(void);

#endif
