/* SPDX-License-Identifier: BSD-2-Clause */
/* What the size of the cache asks of the routes that use it. */
#ifndef CONF_VERIFY_CACHE_H
#define CONF_VERIFY_CACHE_H

#include "conf/load.h"

/* Bytes of the largest response that a cache of that size is for: its memory
 * is in shards, and one must hold two of them. */
uint64_t verify_object_most(const struct conf *conf);

/* Reports sites and routes that use a cache that there is not, and responses
 * that would not fit. */
void verify_cache(struct load *l);

#endif
