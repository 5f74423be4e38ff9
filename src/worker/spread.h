/* SPDX-License-Identifier: BSD-2-Clause */
/* What requests are spread by: keys of hashes, and splits by client. */
#ifndef WORKER_SPREAD_H
#define WORKER_SPREAD_H

#include "worker/request.h"

/* The hash of what the pool's hash_key names. False if the request has no such
 * thing, or the pool spreads by no hash. */
bool spread_hash(const struct request *r, const struct conf_pool *pool,
    uint64_t *hash);

/* The pool of a route that has one, or a split: then a client's address
 * decides, for as long as the weights stay. A cookie that binds the client to
 * a backend of one of the pools wins over it. */
const struct conf_pool *spread_pool(const struct request *r);

/* The same by the address alone: what needs no shared memory. */
const struct conf_pool *spread_by_client(const struct request *r);

#endif
