/* SPDX-License-Identifier: BSD-2-Clause */
/* FAULT marks: which is armed, and the end of the process that reaches it. */
#include "base/fault.h"

#ifdef ENABLE_FAULT

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

_Atomic uint32_t *fault_word;

static const char *const names[] = {
	"none",
#define FAULT_MARK(name, where) #name,
#include "base/fault.def"
#undef FAULT_MARK
};

void fault_arm(_Atomic uint32_t *word)
{
	const char *want = getenv("PORTICO_FAULT");
	uint32_t hits = 0;

	fault_word = word;
	if (want == NULL)
		return;
	size_t n = strcspn(want, ":");
	if (want[n] == ':')
		hits = (uint32_t)strtoul(want + n + 1, NULL, 10) & 0xffff;
	for (uint32_t i = 1; i < FAULT_COUNT; i++)
		if (strlen(names[i]) == n && strncmp(names[i], want, n) == 0) {
			atomic_store(word, i << 16 | hits);
			return;
		}
	die("PORTICO_FAULT: there is no mark \"%s\"", want);
}

void fault_hit(enum fault mark)
{
	uint32_t w = atomic_load(fault_word);

	while (w >> 16 == (uint32_t)mark) {
		uint32_t next = w & 0xffff ? w - 1 : 0;
		if (!atomic_compare_exchange_weak(fault_word, &w, next))
			continue;
		if (next)
			return;
		log_info("fault: %s reached", names[mark]);
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	}
}

#endif
