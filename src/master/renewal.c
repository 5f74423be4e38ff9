/* SPDX-License-Identifier: BSD-2-Clause */
/* Renewal: new certificates on the disk get new gates. */
#include "master/renewal.h"

#include "base/clock.h"
#include "base/log.h"
#include "master/files.h"
#include "master/gates.h"
#include "master/generation.h"
#include "master/inspect.h"
#include "master/reload.h"

#define LOOK_MS 2000
#define SOON_MS 10 /* while something is under way */
#define PAUSE_MS 30000 /* after gates did not start: that is not the files */
#define DAY_MS (24 * 3600 * 1000)

/* What the files were (files.h): when gates read them, when those will that
 * are to come, at the last look, and when they were of no use. */
static uint64_t used, fresh, seen, bad;
static struct facts facts, fresh_facts;
static uint64_t look_at; /* clock_ms */
static uint64_t warn_at;
static bool inspects;
static unsigned inspection;
static unsigned renewed; /* generation whose gates are made anew; 0: none */

static void adopt(struct facts found)
{
	facts_free(&facts);
	facts = found;
}

const struct facts *renewal_facts(void)
{
	return &facts;
}

void renewal_follow(void)
{
	adopt(inspect_facts());
	used = seen = inspect_print();
	bad = 0;
	inspects = false;
	renewed = 0;
}

static void fail(const char *why)
{
	log_err("certificates have changed, but %s: the gates keep those that "
	    "they have", why);
}

static void look_at_inspection(struct generation *g)
{
	enum inspect_state state = inspect_look(inspection);

	if (state == INSPECT_GOES_ON)
		return;
	inspects = false;
	if (state == INSPECT_LOST)
		return;
	fresh = inspect_print();
	reload_tell_of_certificates(state == INSPECT_FAILED);
	if (state == INSPECT_FAILED) {
		bad = fresh;
		fail("cannot be used");
		return;
	}
	facts_free(&fresh_facts);
	fresh_facts = inspect_facts();
	renewed = g->number;
	gates_renew(g);
}

static void look_at_renewal(const struct generation *g)
{
	if (g->renewal == RENEWAL_STARTS)
		return;
	renewed = 0;
	if (g->renewal == RENEWAL_FAILED) {
		fail("new gates do not start");
		look_at = clock_ms() + PAUSE_MS;
		return;
	}
	used = fresh;
	adopt(fresh_facts);
	fresh_facts = (struct facts){0};
	log_info("certificates have changed: new gates");
}

/* Who writes several files is not interrupted. */
static void look_at_files(const struct master_task *task,
    struct generation *g)
{
	uint64_t print = files_print(g->conf, NULL);
	bool stays = print == seen;

	seen = print;
	if (!stays) /* who could not start may be able to now */
		g->gates_young = (struct young){0};
	if (!stays || print == used || print == bad)
		return;
	inspection = inspect_begin(task, g->conf);
	inspects = true;
}

static void warn_daily(bool seen_at_start, uint64_t now)
{
	if (now < warn_at)
		return;
	if (warn_at || !seen_at_start)
		facts_warn(&facts, clock_wall());
	warn_at = now + DAY_MS;
}

unsigned long long renewal_look(const struct master_task *task, bool started)
{
	struct generation *g = generation_find(GEN_RUNNING);
	uint64_t now = clock_ms();

	if (!started || g == NULL || !conf_has_gates(g->conf))
		return 0;
	warn_daily(task->options.foreground, now);
	if (reload_inspects() || generation_find(GEN_STARTING))
		return now + SOON_MS;
	if (inspects)
		look_at_inspection(g);
	else if (renewed == g->number)
		look_at_renewal(g);
	else if (now >= look_at)
		look_at_files(task, g);
	if (inspects || renewed)
		return now + SOON_MS;
	if (now >= look_at)
		look_at = now + LOOK_MS;
	return look_at;
}
