/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that come in masses when much fails: a few a second, then a number. */
#include "worker/terse.h"

#include "base/log.h"

bool terse_may_say(struct terse *t, uint64_t now, const char *what)
{
	if (now / 1000 != t->second) {
		if (t->left_out)
			log_warn("%u more lines of %s", t->left_out, what);
		*t = (struct terse){.second = now / 1000};
	}
	if (t->lines == TERSE_LINES) {
		t->left_out++;
		return false;
	}
	t->lines++;
	return true;
}
