/* SPDX-License-Identifier: BSD-2-Clause */
/* Vary: which fields of a request choose the response (RFC 9111, 4.1). */
#ifndef HTTP_VARY_H
#define HTTP_VARY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "http/head.h"

#define VARY_MOST 16 /* names in a Vary */

/* The names in the Vary fields of the response, as they are written there, each
 * once. False: there is a "*", something that is no token, or more than
 * VARY_MOST: it can be stored for nobody else. */
bool vary_names(const struct head *response, struct slice names[VARY_MOST],
    unsigned *n);

/* Appends the value that a request has in fields of that name, in a form in
 * which two that mean the same are equal as far as we know: lines joined by
 * commas, no blanks round those that are not quoted, Accept-Encoding and
 * Accept-Language in small letters. What a client has no right to is not
 * there, nor what goes no further. Nothing is appended if it has none; *has
 * says so. */
void vary_put(struct buf *b, const struct head *request, struct slice name,
    bool *has);

#endif
