/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers from the cache. */
#ifndef WORKER_SERVE_H
#define WORKER_SERVE_H

#include "http/cachestatus.h"
#include "shm/cache.h"
#include "worker/request.h"

/* How it came to that answer, for Cache-Status and the log. */
enum serve_how { SERVE_HIT, SERVE_STALE, SERVE_STALE_ERROR, SERVE_RENEWED,
	SERVE_COLLAPSED };

/* The entry s->f.entry, which the slot or the row has pinned and which is live
 * or filling with a known record and length, is the answer: conditions, ranges
 * and HEAD are judged (RFC 9110, 13 and 14), the head is made, and then the
 * step that follows. No backend is the row's any more. A short body is copied
 * behind the head, and the pins are let go of; a longer one is sent from where
 * it lies (STEP_SERVE), under the row's pin. */
next_step serve_entry(struct stride *s, enum serve_how how);

/* Lets go of s->f.entry, if there is one, and of both pins. May publish s->f,
 * of which the step can be run again. */
void serve_let_go(struct stride *s);

/* Of an answer that is sent from where it lies (FLOW_CACHED): up to where its
 * bytes are there. */
static inline uint64_t serve_there(const struct flow *f)
{
	uint64_t length = atomic_load_explicit(
	    &cache_entry(f->entry)->length, memory_order_acquire);

	return length < f->from_end ? length : f->from_end;
}

#endif
