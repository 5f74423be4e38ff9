/* SPDX-License-Identifier: BSD-2-Clause */
/* What the access logs are told of a request. */
#ifndef WORKER_ACCOUNT_H
#define WORKER_ACCOUNT_H

#include "worker/request.h"

/* The request has got to `time`, now. Reads the clock only if a log wants to
 * know. */
void account_mark(struct stride *s, enum request_time time);

#endif
