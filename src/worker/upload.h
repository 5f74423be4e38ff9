/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of a request's body, while its answer is under way. */
#ifndef WORKER_UPLOAD_H
#define WORKER_UPLOAD_H

#include "worker/request.h"

/* True while an answer has begun before all of the body was sent, and the
 * backend may still read it. */
bool upload_is_open(const struct stride *s);

/* Moves on what can be moved. CAUSE_NONE, and in *arms what must be armed for
 * more (bits of WAIT_BITS): nothing, though it is open, if no page is left; or
 * why the request is to be cut. */
enum cause upload_move(struct stride *s, unsigned *arms);

/* The rest goes nowhere. */
void upload_abandon(struct stride *s);

#endif
