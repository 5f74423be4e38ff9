/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads: what is accepted is unambiguous, however its bytes arrived. */
/* links: http base */
#include "base/log.h"
#include "http/framing.h"
#include "http/token.h"
#include "http/uri.h"

#define ROOM 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static enum head_scan scan_by(size_t stride, struct slice text, size_t *length)
{
	struct head_scan_state st = {0};
	enum head_scan result = HEAD_MORE;
	size_t n = 0;

	while (n < text.n && result == HEAD_MORE) {
		n += stride < text.n - n ? stride : text.n - n;
		result = head_scan(text.p, n, &st, length);
	}
	return result;
}

static void check_fields(struct head *h)
{
	const struct field *f;
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		f = &h->fields[i];
		MUST(token_is(f->name));
		MUST(f->value.n == 0 || token_all(f->value, TOKEN_VALUE));
		MUST(slice_eq(slice_trim(f->value), f->value));
		MUST(head_find_name(h, f->name) <= f);
		if (f->id != FIELD_OTHER)
			MUST(slice_caseeq(f->name, field_name(f->id)));
	}
	head_keepalive(h);
	head_mark_hop_by_hop(h);
}

static void check_request(struct head *h)
{
	struct framing f;
	struct uri u;
	struct slice host;
	uint16_t port;

	MUST(token_is(h->method) && h->target.n > 0);
	check_fields(h);
	if (!framing_request(h, &f))
		MUST(f.kind != BODY_UNTIL_CLOSE && f.length <= INT64_MAX);
	if (!uri_parse_target(h->target, h->method_id, &u))
		uri_host_of(h, &u, &host, &port);
}

static void check_response(struct head *h)
{
	struct framing f;

	MUST(h->status >= 100 && h->status <= 599);
	check_fields(h);
	framing_response(h, METHOD_GET, &f);
	if (!framing_response(h, METHOD_HEAD, &f))
		MUST(f.kind == BODY_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct head_limits limits = {ROOM, 8192};
	struct slice text = {(const char *)bytes, n};
	struct field fields[ROOM];
	struct head h;
	size_t at_once = 0, by_three = 0;
	enum head_scan scan = scan_by(n, text, &at_once);

	/* A body that follows at once is not looked at. */
	MUST(scan_by(3, text, &by_three) == scan && by_three == at_once);
	head_init(&h, fields, ROOM);
	if (!head_parse_request(&h, text.p, text.n, &limits)) {
		MUST(scan == HEAD_WHOLE && h.length == at_once);
		check_request(&h);
	}
	if (!head_parse_response(&h, text.p, text.n, &limits)) {
		MUST(scan == HEAD_WHOLE && h.length == at_once);
		check_response(&h);
	}
	return 0;
}
