/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client would rather have: Accept (RFC 9110, 12.5.1). */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "base/slice.h"

#define ACCEPT_BEST 1000

/* How much a client that sent this Accept wants the media type ("text/html",
 * parameters of which do not count), from 0, not at all, to ACCEPT_BEST. The
 * most specific range that matches decides: the type without parameters, with
 * them, "text/" and an asterisk, two asterisks; of several such the one that it
 * wants most. Malformed elements are passed over; a value without any other
 * means everything: ACCEPT_BEST. */
unsigned accept_quality(struct slice accept_field_value, struct slice type);

#endif
