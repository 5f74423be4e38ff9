/* SPDX-License-Identifier: BSD-2-Clause */
/* Framing: where the body of a message ends (RFC 9112, 6). */
#ifndef HTTP_FRAMING_H
#define HTTP_FRAMING_H

#include <stdint.h>

#include "http/head.h"
#include "http/method.h"
#include "http/refusal.h"

enum framing_kind {
	BODY_NONE,       /* no body, and no field need say so */
	BODY_LENGTH,     /* length bytes; may be 0 */
	BODY_CHUNKED,    /* see http/chunk.h */
	BODY_UNTIL_CLOSE /* responses only; the connection cannot be kept */
};

struct framing {
	enum framing_kind kind;
	uint64_t length; /* of BODY_LENGTH, at most INT64_MAX; otherwise 0 */
};

/* Refuses all that is ambiguous: Content-Length with Transfer-Encoding, or
 * more than once, even if equal; anything in it but digits; codings other
 * than one "chunked"; Transfer-Encoding in HTTP/1.0. After a refusal the
 * connection must be closed. */
const struct refusal *framing_request(const struct head *h,
    struct framing *f);

/* Refuses the same, with 502. BODY_NONE for answers to HEAD, for 1xx, 204 and
 * 304, and for a 2xx to CONNECT; a Content-Length there says what a GET would
 * have got, and must not be sent on with 1xx and 204. A 205 without
 * either field is BODY_LENGTH 0. */
const struct refusal *framing_response(const struct head *h,
    enum method request_method, struct framing *f);

#endif
