/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling of handshakes that failed, not of each of too many. */
#include "gate/failures.h"

#include "base/clock.h"
#include "base/log.h"

#define A_SECOND 10

static uint64_t began_at;
static unsigned told, untold;

static bool may_tell(void)
{
	uint64_t now = clock_ms();

	if (now - began_at >= 1000) {
		if (untold)
			log_info("%u more handshakes failed", untold);
		began_at = now;
		told = untold = 0;
	}
	if (told >= A_SECOND) {
		untold++;
		return false;
	}
	told++;
	return true;
}

void failures_tell(const struct conf_listener *l, const struct addr *client,
    const char *why)
{
	char text[ADDR_TEXT];

	if (!log_wants(LOG_LEVEL_INFO) || !may_tell())
		return;
	addr_format(client, text);
	log_info("listeners.%s: %s: %s", l->name, text, why);
}
