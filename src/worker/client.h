/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the client of a request is. */
#ifndef WORKER_CLIENT_H
#define WORKER_CLIENT_H

#include "worker/request.h"

/* Sets r->client and r->trusted: the peer, or, when that is one of the
 * listener's trusted_proxies, the first address of X-Forwarded-For, read from
 * right to left, that is none of them (BEHAVIOUR 9). */
void client_find(struct request *r, const struct conn *c);

#endif
