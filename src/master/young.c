/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that die young: how long their successors wait. */
#include "master/young.h"

#include <signal.h>
#include <sys/wait.h>

#define YOUNG_MS 1000
#define WAIT_MS 1000
#define WAIT_MOST_MS 60000
#define OLD_MS 60000

bool young_is(uint64_t born, uint64_t now, int status)
{
	return now - born < YOUNG_MS
	    && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

unsigned young_wait(struct young *y, uint64_t now)
{
	unsigned ms = WAIT_MS;

	if (young_waits(y, now))
		return 0;
	for (unsigned i = 0; i < y->deaths && ms < WAIT_MOST_MS; i++)
		ms *= 2;
	if (ms > WAIT_MOST_MS)
		ms = WAIT_MOST_MS;
	y->deaths++;
	y->until = now + ms;
	return ms;
}

bool young_waits(struct young *y, uint64_t now)
{
	if (y->until > now)
		return true;
	if (y->until) {
		y->last = y->until;
		y->until = 0;
	}
	if (y->deaths && now - y->last >= OLD_MS)
		y->deaths = 0;
	return false;
}
