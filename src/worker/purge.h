/* SPDX-License-Identifier: BSD-2-Clause */
/* PURGE: what the cache has of a URL is not used any more. */
#ifndef WORKER_PURGE_H
#define WORKER_PURGE_H

#include "worker/request.h"

/* A PURGE on a route that uses the cache: it is for us, whoever sends it; and
 * so is one of an operator. */
bool purge_is_ours(const struct stride *s);

/* Ends what all routes of its site have stored for the URL: all variants, of
 * all pools. By a ban as well where a route's key has parts that no URL says.
 * With a field Soft-Purge they become stale only. Answers 200 and their
 * number, 404 if there was none; 405 to who may not. */
next_step purge_answer(struct stride *s);

#endif
