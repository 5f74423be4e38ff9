/* SPDX-License-Identifier: BSD-2-Clause */
/* Large bodies go from backend to client without being read. */
#ifndef WORKER_SPLICE_H
#define WORKER_SPLICE_H

#include "worker/request.h"

enum splice { SPLICE_NOT, SPLICE_DONE, SPLICE_CLIENT_ROOM, SPLICE_BACKEND,
	SPLICE_CLIENT_GONE, SPLICE_BACKEND_GONE };

/* Moves on with the response's body through a pipe, if it is worth one: many
 * bytes of a known length, TCP on both sides. NOT: use pages. DONE: the client
 * has got all of it, and the pipe is given back. Otherwise what to wait for,
 * or who has gone. The kernel's counts of both sockets say at any instant how
 * much is in the pipe, so a worker's death costs nothing here either. */
enum splice splice_move(struct stride *s);

#endif
