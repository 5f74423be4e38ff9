/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker: one process, one loop. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdint.h>

#include "conf/conf.h"

/* The configuration of this worker's generation. */
extern const struct conf *worker_conf;

/* Requests that this process has finished: account counts them. */
extern uint64_t worker_requests;

/* Called when the bell rings and the family lacks its stewards (PROTOCOLS 8);
 * given by who knows how to clone. */
typedef void worker_bell(void);

/* The life of a worker in slot n: does not return. It leaves, between two
 * strides, with EXIT_RETIRED when the steward says that one may, and with
 * EXIT_RECYCLED after about workers.recycle_after requests. */
_Noreturn void worker_main(unsigned n, const struct conf *conf,
    worker_bell *bell);

#endif
