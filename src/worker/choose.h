/* SPDX-License-Identifier: BSD-2-Clause */
/* Which backend a request gets: of its pool, or of those behind it. */
#ifndef WORKER_CHOOSE_H
#define WORKER_CHOOSE_H

#include "worker/request.h"

/* A place at a backend for the request, by the balance of its pool, or by its
 * cookie: in the pool that its route names, then in the fallbacks; then at one
 * that has failed it before; then, where when_all_down is "try", at any.
 * PICK_TAKEN: s->c holds the place; r->pool and *b are where; *peer is an idle
 * connection bound to s->c, or NULL. PICK_QUEUED: it stands in the queue of
 * r->pool, until the deadline in s->f. Neither: why there is none; it stands
 * in no queue. */
enum pick_result choose_backend(struct stride *s,
    const struct conf_backend **b, struct conn **peer);

/* The backend whose place was given to the request while it waited; NULL if
 * none was. */
const struct conf_backend *choose_granted(struct stride *s);

/* It has waited for as long as it may. True: where else it would not have gone
 * it may go now, to another backend than its cookie names, or, if all of the
 * pool are down, to another pool. */
bool choose_is_late(struct stride *s);

/* It waits no more, whatever came of it: for the log. */
void choose_waited(struct stride *s);

#endif
