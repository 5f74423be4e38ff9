/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of a request in the access log. */
#ifndef WORKER_ACCOUNT_H
#define WORKER_ACCOUNT_H

#include "worker/request.h"

/* Combined log format: client, time, request line, status, bytes of the body
 * that were sent, referer, user agent; quotes, backslashes and control bytes
 * are escaped. Returns its length, at most room. */
size_t account_line(const struct stride *s, char *to, size_t room);

#endif
