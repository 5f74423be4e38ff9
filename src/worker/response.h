/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a response: what it says, and whether it goes on now. */
#ifndef WORKER_RESPONSE_H
#define WORKER_RESPONSE_H

#include "worker/request.h"

/* Looks for a head in what has come of the response. NEXT(STEP_RELAY): look
 * again, an answer has begun (FLOW_ANSWERED) or an interim one was read over;
 * the wait for the backend: more bytes are needed, or a small answer is held
 * back until it is whole; else what follows instead. Never blocks. */
next_step response_read(struct stride *s);

/* Before the wait for the backend: its deadline is no later than the time for
 * which an answer is held back. */
void response_hold(struct stride *s);

/* The deadline is over. True if it was that of holding an answer back: it goes
 * on now with what there is, and has its time again. */
bool response_is_let_go(struct stride *s);

#endif
