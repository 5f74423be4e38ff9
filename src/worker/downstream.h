/* SPDX-License-Identifier: BSD-2-Clause */
/* Body bytes of a response on their way to the client. */
#ifndef WORKER_DOWNSTREAM_H
#define WORKER_DOWNSTREAM_H

#include "worker/request.h"

enum downstream { DOWNSTREAM_MORE, DOWNSTREAM_DONE, DOWNSTREAM_BAD,
	DOWNSTREAM_NO_PAGE, DOWNSTREAM_LOST };

/* Moves what is in s->f.bin to the chain `out`, decoded and coded again as
 * both framings ask for. DONE: the body's last byte is there; bytes that the
 * backend sent behind it are left in bin. NO_PAGE: call again. LOST: a client
 * was behind (FLOW_BEHIND), and the cache has no more what it lacks. */
enum downstream downstream_move(struct stride *s);

/* The body ended with the backend's connection: writes what says so to the
 * client. False if there is no page. */
bool downstream_end(struct stride *s);

#endif
