/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache did for a request: the word for it, and the route's counts. */
#ifndef WORKER_CACHED_H
#define WORKER_CACHED_H

#include "worker/request.h"

/* "hit", "miss", ...; NULL if its route has no cache. */
const char *cached_word(const struct request *r);

/* What it fetched is stored. */
void cached_stored(const struct stride *s);

/* At its end: counts it for its route (tallies.h), if a client asked. */
void cached_count(const struct stride *s);

#endif
