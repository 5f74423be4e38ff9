/* SPDX-License-Identifier: BSD-2-Clause */
/* The trailer section behind a chunked body (RFC 9112, 7.1.2). */
#ifndef HTTP_TRAILER_H
#define HTTP_TRAILER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/refusal.h"

#define TRAILER_MOST 8192  /* bytes of the section, its last CRLF among them */
#define TRAILER_FIELDS 64

/* Room for what trailer_copy makes of any section: a blank behind each colon
 * may be new. */
#define TRAILER_ROOM (TRAILER_MOST + TRAILER_FIELDS)

enum trailer_scan { TRAILER_MORE, TRAILER_WHOLE, TRAILER_BAD };

/* Looks for the end of the section in the n bytes at p, from the start each
 * time. TRAILER_WHOLE: *length is that of the section with its last CRLF; 2 if
 * it has no fields. TRAILER_BAD, as soon as seen: a control byte but HTAB, a CR
 * or LF alone, or TRAILER_MOST bytes without an end. */
enum trailer_scan trailer_scan(const char *p, size_t n, size_t *length);

/* Whether a field of that name goes on, for what only the caller knows. */
typedef bool trailer_keep(struct slice name, const void *arg);

/* Appends the fields that may go on (RFC 9110, 6.5.1) to b, "Name: value" and
 * CRLF each, of the whole section at p. Well-known fields stay behind, all but
 * ETag: each of them frames, routes, authenticates or steers a message, and
 * that was settled by its head. So do names with '_', and what
 * keep, unless it is NULL, does not want. Refuses malformed lines
 * and more than TRAILER_FIELDS of them with REFUSAL_CHUNK (see
 * refusal_from_backend); b then is as it was, but perhaps full. */
const struct refusal *trailer_copy(const char *p, size_t length,
    trailer_keep *keep, const void *arg, struct buf *b);

#endif
