/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers from the cache. */
#ifndef WORKER_SERVE_H
#define WORKER_SERVE_H

#include "http/cachestatus.h"
#include "worker/request.h"

/* How it came to that answer, for Cache-Status and the log. */
enum serve_how { SERVE_HIT, SERVE_STALE, SERVE_STALE_ERROR, SERVE_RENEWED,
	SERVE_COLLAPSED };

/* The entry s->f.entry, which the row has pinned and which is live or filling
 * with a known record, is the answer: conditions, ranges and HEAD are judged
 * (RFC 9110, 13 and 14), the head is made, and then the step that follows. A
 * short body is copied behind the head, and the pin is let go of; a longer one
 * is sent from where it lies (STEP_SERVE). */
next_step serve_entry(struct stride *s, enum serve_how how);

#endif
