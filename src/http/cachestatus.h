/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache-Status: what the cache did (RFC 9211). */
#ifndef HTTP_CACHESTATUS_H
#define HTTP_CACHESTATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum cachestatus_fwd { FWD_NONE, FWD_BYPASS, FWD_METHOD, FWD_URI_MISS,
	FWD_VARY_MISS, FWD_REQUEST, FWD_STALE, FWD_PARTIAL };

struct cachestatus {
	bool hit;
	enum cachestatus_fwd fwd;
	unsigned fwd_status;  /* of the response that was forwarded; 0: none */
	bool stored, collapsed;
	bool has_ttl;
	int64_t ttl;          /* seconds, below 0 when stale */
	const char *detail;   /* a token, or NULL */
};

/* "Cache-Status: cache; hit; ttl=10", with its CRLF. */
void cachestatus_put(struct buf *b, const struct cachestatus *s);

#endif
