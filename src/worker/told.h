/* SPDX-License-Identifier: BSD-2-Clause */
/* What a backend is told of a request in other words than the client's. */
#ifndef WORKER_TOLD_H
#define WORKER_TOLD_H

#include "base/buf.h"
#include "worker/request.h"

/* Who is asked, as a backend is told it that shall see the host asked for. Of
 * what the cache may answer the host is in small letters and without the port
 * that goes without saying, so that one key means one host. In static memory
 * until the next call, or in the head. */
struct slice told_host(const struct request *r);

/* For a key: what else a response may depend on, though no part that the
 * configuration names says it: the names that a trusted peer gives, and what
 * the route makes of the request. */
void told_put_key(struct buf *b, const struct request *r);

/* The value that a backend sees of a field of requests, for Vary, in one form
 * (vary.h). *has: it sees one. False: no two requests have the same. */
bool told_put_field(struct buf *b, const struct request *r, struct slice name,
    bool *has);

/* A field, known by no id, by which some backends take a request for another
 * one than its target and its host say, and of which no key knows: what the
 * cache may answer is sent without it. What proxies say otherwise may come
 * from a trusted one. */
bool told_is_override(const struct request *r, struct slice name);

#endif
