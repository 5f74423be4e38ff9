/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers for SRV records: whatever comes, what is taken names a host. */
/* links: steward shm net http conf base */
#include <string.h>

#include "base/log.h"
#include "http/token.h"
#include "steward/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct srv records[SRV_MOST];
	uint32_t ttl = UINT32_MAX;
	unsigned found;

	memset(records, 0x2e, sizeof records);
	srv_parse(bytes, n, records, &found, &ttl);
	MUST(found <= SRV_MOST);
	for (unsigned i = 0; i < found; i++) {
		size_t length = strnlen(records[i].target, SRV_NAME);
		MUST(length > 0 && length < SRV_NAME && records[i].port > 0);
		MUST(token_all(slice_make(records[i].target, length),
		    TOKEN_HOST));
	}
	return 0;
}
