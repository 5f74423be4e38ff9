/* SPDX-License-Identifier: BSD-2-Clause */
/* The target that a backend is asked for. */
#ifndef WORKER_TARGET_H
#define WORKER_TARGET_H

#include "base/buf.h"
#include "worker/request.h"

/* DOTS: what rewrite made has segments of dots, or hides them. */
enum target { TARGET_FINE, TARGET_REGEX, TARGET_DOTS };

/* What is behind the prefix, on a segment border, of the path: as the client
 * wrote it (in r->uri.path) where that says the same, else decoded (in
 * r->path). False, and rest is unspecified, if the path has it not. */
bool target_rest(const struct request *r, struct slice prefix,
    struct slice *rest);

/* Writes path and query after strip_prefix, add_prefix and rewrite of the
 * route, in this order; the bytes that none of them changes stay as the client
 * wrote them, but for segments of dots, which are resolved where routes of the
 * site ask for a path. Where it returns something else than TARGET_FINE, what
 * it wrote is for nobody. */
enum target target_put(struct buf *b, const struct request *r);

#endif
