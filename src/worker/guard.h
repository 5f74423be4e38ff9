/* SPDX-License-Identifier: BSD-2-Clause */
/* May a request pass: all that is asked before a body is asked for. */
#ifndef WORKER_GUARD_H
#define WORKER_GUARD_H

#include "worker/request.h"

struct guard_verdict {
	unsigned status; /* 0: it may */
	enum cause cause;
	const char *why; /* or NULL: the cause says it */
};

/* For a request with a route: sets what the route grants it (max_body,
 * wants_websocket, wants_trailers), and says whether it may pass. */
struct guard_verdict guard_check(struct request *r);

#endif
