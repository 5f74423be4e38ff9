/* SPDX-License-Identifier: BSD-2-Clause */
/* Sticky cookies: a client keeps its backend, and no backend sees how. */
#ifndef WORKER_STICK_H
#define WORKER_STICK_H

#include "base/buf.h"
#include "worker/request.h"

/* The backend of the pool that a cookie of the request names, whatever became
 * of it; NULL if there is none. */
const struct conf_backend *stick_find(const struct request *r,
    const struct conf_pool *pool);

/* The same if it still may have requests of its own at clock_ms now, and has
 * not failed this one. */
const struct conf_backend *stick_wanted(const struct request *r,
    const struct conf_pool *pool, uint64_t now);

/* Of a route that splits: the pool that a cookie of the request is of; NULL if
 * there is none. */
const struct conf_pool *stick_pool(const struct request *r);

/* True if pools of the request's route have cookies, and so heads are to be
 * looked through. */
bool stick_is_on(const struct request *r);

/* A Cookie field without the cookies of those pools, all other bytes as they
 * came; nothing if there are none. */
void stick_put_cookies(struct buf *b, const struct request *r,
    const struct field *f);

/* True if the value of a Set-Cookie of the backend names a cookie of those
 * pools, which is not its to set. */
bool stick_is_ours(const struct request *r, struct slice set_cookie);

/* Set-Cookie, where the answer with that status comes from another backend
 * than the client's cookie says. Errors of a backend bind nobody to it. */
void stick_put_cookie(struct buf *b, const struct request *r,
    unsigned status);

#endif
