/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys: what of a request chooses what is stored for it. */
#ifndef WORKER_KEY_H
#define WORKER_KEY_H

#include "base/buf.h"
#include "worker/request.h"

#define KEY_MOST 16384u /* bytes; with a longer one nothing is stored */

/* Whether such a request is looked up. */
bool key_is_for_cache(const struct request *r);

/* Makes the key of a request with a route and a home (guard) in its arena:
 * r->key, r->key_hash. It says the pool, since one URL may lead to several,
 * the parts of policy.cache.key in their order, and what the backend is told
 * otherwise (told.h); all methods have the same one, so HEAD finds what GET
 * stored. Two requests have equal keys only if all of these are equal. The
 * path is in plain spelling from now on, as the key has it (uri_put_plain).
 * False: it is too long, or there is no room for it. */
bool key_make(struct request *r);

/* The same into b; b->full says whether it fitted. scheme is that which the
 * client has asked by (compose_scheme_asked). */
void key_put(struct buf *b, const struct request *r, struct slice scheme);

#define KEY_SCHEMES {{"http", 4}, {"https", 5}}

/* What bans are held against (bans.h): the host in small letters, without the
 * port that goes without saying; path, and query without what ignore_query
 * names. */
void key_put_host(struct buf *b, const struct request *r);
void key_put_target(struct buf *b, const struct request *r);

#endif
