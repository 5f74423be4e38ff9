/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking a backend out, and waiting until nothing is in flight. */
#include "ctl/drain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/ask.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/orders.h"
#include "ctl/status.h"

#define LOOK_US 100000

/* A request may have been on its way to the backend when the order came. */
#define LOOKS_AT_NONE 2

static bool disables(const struct args *a)
{
	return strcmp(a->command->name, "backend disable") == 0;
}

static int order(const struct args *a)
{
	char command[CTL_COMMAND_MAX];
	int code = orders_format(command, a, disables(a) ? "backend disable"
	    : "backend drain");

	return code == CTL_FINE ? orders_send(a, command) : code;
}

/* What the members of the backend have in flight. One that is not there any
 * more has nothing. */
static int look(const struct args *a, int64_t *in_flight)
{
	struct slice name = slice_str(a->words[0]), pool;
	const struct status_pool *p;
	struct answer answer;
	struct status s;
	int code = ask(&answer, a, "status");

	if (code != CTL_FINE)
		return code;
	pool = slice_cut(&name, '/');
	status_read(&s, &answer);
	p = status_find_pool(&s, pool);
	*in_flight = 0;
	for (unsigned i = 0; p && i < p->n; i++)
		if (status_is_member(&p->backends[i], name))
			*in_flight += p->backends[i].in_flight;
	status_fini(&s);
	answer_fini(&answer);
	return CTL_FINE;
}

static void show_progress(const struct args *a, int64_t in_flight, bool last)
{
	if (a->json || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s: %" PRId64 " in flight\033[K%s", a->words[0],
	    in_flight, last ? "\n" : "");
}

static int wait_for_none(const struct args *a)
{
	uint64_t deadline = clock_us() + UINT64_C(1000000) * a->seconds;
	int64_t in_flight = 0;
	unsigned none = 0;

	for (;;) {
		int code = look(a, &in_flight);

		if (code != CTL_FINE)
			return code;
		none = in_flight ? 0 : none + 1;
		show_progress(a, in_flight, none == LOOKS_AT_NONE);
		if (none == LOOKS_AT_NONE)
			return ask_done(a);
		if (a->seconds && clock_us() >= deadline)
			break;
		clock_sleep_us(LOOK_US);
	}
	show_progress(a, in_flight, true);
	return ask_fail(a, CTL_LATE, "late", "%s is %s, but after %u s %" PRId64
	    " request%s still in flight", a->words[0],
	    disables(a) ? "disabled" : "draining", a->seconds, in_flight,
	    in_flight == 1 ? " is" : "s are");
}

int drain_run(const struct args *a)
{
	int code = orders_check_backend(a);

	if (code == CTL_FINE)
		code = order(a);
	if (code != CTL_FINE)
		return code;
	return a->given & ARGS_WAIT ? wait_for_none(a) : ask_done(a);
}
