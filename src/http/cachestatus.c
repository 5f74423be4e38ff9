/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes Cache-Status. */
#include "http/cachestatus.h"

static const struct slice reasons[] = {
	[FWD_BYPASS] = {"bypass", 6},
	[FWD_METHOD] = {"method", 6},
	[FWD_URI_MISS] = {"uri-miss", 8},
	[FWD_VARY_MISS] = {"vary-miss", 9},
	[FWD_REQUEST] = {"request", 7},
	[FWD_STALE] = {"stale", 5},
	[FWD_PARTIAL] = {"partial", 7},
};

static void put_forward(struct buf *b, const struct cachestatus *s)
{
	BUF_LIT(b, "; fwd=");
	buf_slice(b, reasons[s->fwd]);
	if (s->fwd_status) {
		BUF_LIT(b, "; fwd-status=");
		buf_u64(b, s->fwd_status);
	}
	if (s->stored)
		BUF_LIT(b, "; stored");
	if (s->collapsed)
		BUF_LIT(b, "; collapsed");
}

/* The least integer has no opposite, but that is one of a structured field's
 * fifteen digits anyway. */
static void put_ttl(struct buf *b, int64_t ttl)
{
	const int64_t most = INT64_C(999999999999999);

	if (ttl > most)
		ttl = most;
	if (ttl < -most)
		ttl = -most;
	BUF_LIT(b, "; ttl=");
	if (ttl < 0)
		BUF_LIT(b, "-");
	buf_u64(b, (uint64_t)(ttl < 0 ? -ttl : ttl));
}

/* hit and fwd exclude each other (RFC 9211, 2.2). */
void cachestatus_put(struct buf *b, const struct cachestatus *s)
{
	BUF_LIT(b, "Cache-Status: cache");
	if (s->hit)
		BUF_LIT(b, "; hit");
	else if (s->fwd != FWD_NONE)
		put_forward(b, s);
	if (s->has_ttl)
		put_ttl(b, s->ttl);
	if (s->detail) {
		BUF_LIT(b, "; detail=");
		buf_str(b, s->detail);
	}
	BUF_LIT(b, "\r\n");
}
