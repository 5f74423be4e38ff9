/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of the configuration with what the request puts in "{ }". */
#ifndef WORKER_EXPAND_H
#define WORKER_EXPAND_H

#include "base/buf.h"
#include "worker/request.h"

/* Writes t to b. Captures are groups of `subject`, by `groups`. What comes
 * from the request is percent-encoded where a URI needs it: no byte gets in
 * that could end a field, a path or a query. Nothing comes of a '?' before an
 * empty {query}. */
void expand_put(struct buf *b, const struct request *r,
    const struct conf_template *t, const struct captures *groups,
    struct slice subject);

/* True if t needs a host and neither the request nor its site has one. */
bool expand_lacks_host(const struct request *r,
    const struct conf_template *t);

/* expand_put with the groups of the route's path_re. */
void expand_for_route(struct buf *b, const struct request *r,
    const struct conf_template *t);

/* Where the route's redirect leads. A path never begins with two slashes. */
void expand_redirect(struct buf *b, const struct request *r);

#endif
