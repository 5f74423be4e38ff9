/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of the answers that we make: the route's pages, or plain ones. */
#ifndef WORKER_NOTICE_H
#define WORKER_NOTICE_H

#include "worker/request.h"

struct notice {
	struct slice type, body;
};

#define NOTICE_PLAIN 512 /* room for a plain page of any status */

/* What to say with a status: of the route's pages for it the one whose type
 * the client likes best, the first of equals; else a plain one in HTML or
 * JSON, made in room. */
struct notice notice_of(const struct request *r, unsigned status,
    char room[NOTICE_PLAIN]);

#endif
