/* SPDX-License-Identifier: BSD-2-Clause */
/* The parameters in the query of a URI, as HTML forms write them. */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Cuts the next parameter off *rest, which begins as the query without its '?'.
 * Parts end at '&', names at their first '='; without one the value is empty.
 * Empty parts are passed over; a name may be empty. Both lie in the query, not
 * decoded. False when there is none left. */
bool query_next(struct slice *rest, struct slice *name, struct slice *value);

/* Decodes a name or a value once into to: '+' is a space, "%xx" its byte, NUL
 * and control bytes too; a '%' that begins no encoding stays. Returns the bytes
 * written, at most in.n; what room has no place for is left out. */
size_t query_decode(struct slice in, char *to, size_t room);

#endif
