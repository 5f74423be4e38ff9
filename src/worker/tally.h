/* SPDX-License-Identifier: BSD-2-Clause */
/* What attempts tell the board of the backends that were asked. */
#ifndef WORKER_TALLY_H
#define WORKER_TALLY_H

#include "worker/request.h"

/* An attempt begins. */
void tally_attempt(struct stride *s);

/* It has failed by the backend's fault, in a manner that counts against it,
 * unless it was TLS for a name of the client's choice. It may be ejected by
 * that, which is logged. why may be NULL. */
void tally_failure(const struct stride *s, enum cause cause,
    const char *why);

/* The head of the final answer is here, with this status. */
void tally_answer(struct stride *s, unsigned status);

/* All of an answer that is no failure is here. */
void tally_success(const struct stride *s);

/* An attempt that has failed is made again: a line in the log, a few a second
 * at most. */
void tally_again(const struct stride *s, enum cause cause, const char *why);

#endif
