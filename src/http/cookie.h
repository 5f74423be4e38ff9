/* SPDX-License-Identifier: BSD-2-Clause */
/* The cookies of a Cookie field (RFC 6265, 4.2). */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include <stdbool.h>

#include "base/slice.h"

/* Cuts the next pair off *rest, which begins as the field's value; name and
 * value lie in it. Spaces round both and the double quotes round the value are
 * left out; the value may be empty. What has no '=' or no name is passed over.
 * False when there is none left. */
bool cookie_next(struct slice *rest, struct slice *name, struct slice *value);

/* The value of the first cookie of that name, the case of which counts. False,
 * and *value is unspecified, if there is none. */
bool cookie_find(struct slice field_value, struct slice name,
    struct slice *value);

#endif
