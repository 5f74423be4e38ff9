/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates, and how long they hold. */
#include "ctl/certificate.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/table.h"

#define DAY 86400
#define SOON (21 * DAY)

const char *certificate_left(char *to, size_t room, int64_t ends, int64_t now)
{
	int64_t left = ends - now;

	if (left <= 0)
		snprintf(to, room, "over");
	else
		snprintf(to, room, "%" PRId64 " day%s%s", left / DAY,
		    left / DAY == 1 ? "" : "s", left < SOON ? ", soon" : "");
	return to;
}

bool certificate_any_ends_soon(const struct status *s)
{
	int64_t now = clock_wall();

	for (unsigned i = 0; i < s->ncertificates; i++)
		if (s->certificates[i].ends - now < SOON)
			return true;
	return false;
}

static void add(struct table *t, const struct status_certificate *c,
    int64_t now)
{
	char text[64];
	time_t ends = (time_t)c->ends;
	struct tm tm;

	table_put(t, c->of);
	table_put(t, c->names.n ? c->names : SLICE("-"));
	table_put(t, c->key);
	if (gmtime_r(&ends, &tm) == NULL
	    || strftime(text, sizeof text, "%Y-%m-%d", &tm) == 0)
		snprintf(text, sizeof text, "?");
	table_str(t, text);
	table_str(t, certificate_left(text, sizeof text, c->ends, now));
	table_put(t, c->path);
}

void certificate_print(const struct status *s)
{
	int64_t now = clock_wall();
	struct table t;

	if (s->ncertificates == 0)
		return;
	table_init(&t, "llllll");
	table_str(&t, "CERTIFICATE OF");
	table_str(&t, "NAMES");
	table_str(&t, "KEY");
	table_str(&t, "ENDS");
	table_str(&t, "LEFT");
	table_str(&t, "FILE");
	for (unsigned i = 0; i < s->ncertificates; i++)
		add(&t, &s->certificates[i], now);
	putchar('\n');
	table_print(&t, stdout);
	table_fini(&t);
}
