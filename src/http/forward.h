/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that say for whom a request is forwarded (RFC 7239). */
#ifndef HTTP_FORWARD_H
#define HTTP_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/slice.h"

/* Cuts the last element off the list of an X-Forwarded-For value: an address
 * with or without port. False when the list is used up or its last
 * element is no address; *rest is unspecified then, and the walk over. */
bool forward_prev_address(struct slice *rest, struct addr *out);

/* The same for a Forwarded value: the "for" of its last element. False also
 * for "unknown" and obfuscated names. */
bool forward_prev_for(struct slice *rest, struct addr *out);

/* Appends `for=...;proto=...;host="..."` to the n bytes at to, which has room
 * for `room`, quoted where RFC 7239 4 asks for it. Empty proto or host are left
 * out; a client that has no IP is for=unknown. Returns the new n; n itself, and
 * nothing written that counts, if it does not fit or a value has a control
 * byte. */
size_t forward_put_element(char *to, size_t n, size_t room,
    const struct addr *client, struct slice proto, struct slice host);

#endif
