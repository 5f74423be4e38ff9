/* SPDX-License-Identifier: BSD-2-Clause */
/* PROXY headers: read in parts, and written and read again. */
/* links: net base */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/proxyproto.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Read from memory of just that size, so that the sanitizer sees more. */
static enum proxyproto_result read_part(const uint8_t *bytes, size_t n,
    struct proxyproto *header, size_t *length)
{
	char *part = malloc(n ? n : 1);
	enum proxyproto_result result;

	MUST(part != NULL);
	memcpy(part, bytes, n);
	result = proxyproto_read(part, n, header, length);
	free(part);
	return result;
}

static void check_again(unsigned version, const struct proxyproto *was)
{
	char room[PROXYPROTO_ROOM];
	size_t n = proxyproto_put(version, &was->from, &was->to, room), length;
	bool same = was->from.len > 0 && was->to.len > 0;
	struct proxyproto now;

	MUST(n <= sizeof room);
	MUST(proxyproto_read(room, n, &now, &length) == PROXYPROTO_FINE);
	MUST(length == n && now.local == !same);
	MUST(!same || (addr_eq(&was->from, &now.from) &&
	    addr_eq(&was->to, &now.to)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	enum proxyproto_result whole, part;
	struct proxyproto header, other;
	size_t length = 0, at = 0, most;

	if (n > 4096)
		return 0;
	whole = read_part(bytes, n, &header, &length);
	most = whole == PROXYPROTO_FINE ? length : n;
	MUST(whole != PROXYPROTO_FINE || (length > 0 && length <= n &&
	    length <= PROXYPROTO_MOST));
	for (size_t i = 0; i < most; i++) {
		part = read_part(bytes, i, &other, &at);
		MUST(part == PROXYPROTO_MORE || whole == PROXYPROTO_BAD);
		MUST(part != PROXYPROTO_FINE);
	}
	MUST(whole != PROXYPROTO_MORE || n < PROXYPROTO_MOST);
	if (whole == PROXYPROTO_FINE) {
		MUST(!header.local || header.from.len == 0);
		check_again(1, &header);
		check_again(2, &header);
	}
	return 0;
}
