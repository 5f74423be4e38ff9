/* SPDX-License-Identifier: BSD-2-Clause */
/* The master: one loop over signals, deaths and reports. */
#include "master/master.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/title.h"
#include "master/bind.h"
#include "master/claim.h"
#include "master/control.h"
#include "master/gates.h"
#include "master/generation.h"
#include "master/logs.h"
#include "master/notify.h"
#include "master/orders.h"
#include "master/overlay.h"
#include "master/reap.h"
#include "master/reload.h"
#include "master/renewal.h"
#include "master/signals.h"
#include "master/spawn.h"
#include "master/start.h"
#include "master/upgrade.h"
#include "roles.h"

#define TICK_MS 1000
#define LOGGER_WAIT_MS 2000

static const struct master_task *task;
static bool finishing; /* QUIT: no new work, end when all is done */
static bool started;
static bool old_logger; /* it is of the program before */
static uint64_t born; /* clock_ms */

uint64_t master_born(void)
{
	return born;
}

void master_go_on(uint64_t since)
{
	born = since;
	started = true;
}

/* The old program's logger goes once the first generation of ours runs. */
static void replace_logger(void)
{
	if (old_logger)
		logs_replace();
	old_logger = false;
}

static void promote(struct generation *g)
{
	struct generation *old;
	uint64_t until = clock_ms() + g->conf->drain_timeout;

	while ((old = generation_find(GEN_RUNNING)) != NULL)
		generation_drain(old, until, false);
	g->state = GEN_RUNNING;
	bind_close_others(g->conf);
	claim_settle(g->conf, g->seats.row);
	cachearea_settle(g->cache);
	control_commit(g->conf);
	orders_follow(g->conf);
	renewal_follow();
	if (started)
		logs_reopen(g->conf);
	replace_logger();
	log_set_level(g->conf->error_log.level);
	log_info("generation %u is running: %u workers", g->number,
	    g->conf->workers_min);
}

static void advance(struct generation *g)
{
	switch (g->state) {
	case GEN_STARTING:
		if (generation_is_ready(g)) {
			promote(g);
		} else if (clock_ms() >= g->drain_until) {
			log_err("generation %u is not ready in time: the "
			    "configuration stays as it was", g->number);
			generation_kill(g);
		}
		break;
	case GEN_DRAINING:
		if (generation_has_ended(g)) {
			generation_kill(g);
		} else if (clock_ms() >= g->drain_until) {
			log_warn("generation %u: the drain timeout is over",
			    g->number);
			generation_kill(g);
		}
		break;
	case GEN_ENDING:
		generation_kill(g);
		if (spawn_count(g->number, SLOT_NOBODY) == 0) {
			generation_free(g);
			logs_release();
			/* one that did not start had another socket */
			if (generation_find(GEN_STARTING) == NULL)
				control_release();
		}
		break;
	default:
		break;
	}
}

static bool any_left(void)
{
	return generation_count(GEN_NONE) < GENERATIONS;
}

static void finish(void)
{
	struct generation *g;

	finishing = true;
	notify_stopping();
	upgrade_drop();
	reload_forbid();
	control_shut();
	while ((g = generation_find(GEN_STARTING)) != NULL)
		generation_kill(g);
	bind_close_others(NULL);
	for (int i = 0; i < GENERATIONS; i++) {
		g = &generations[i];
		if (g->state == GEN_RUNNING || g->state == GEN_DRAINING)
			generation_drain(g, clock_ms()
			    + g->conf->drain_timeout, true);
	}
}

static void follow_signals(void)
{
	const struct generation *g = generation_current();

	if (signals_take(SIGUSR1) && g)
		logs_reopen(g->conf);
	if (signals_take(SIGQUIT) && !finishing) {
		log_info("finishing");
		finish();
	}
	if (!started || finishing || generation_find(GEN_STARTING)
	    || reload_inspects() || upgrade_is_under_way())
		return;
	if (signals_take(SIGHUP))
		reload_begin(NULL);
	else if (!reload_is_under_way() && signals_take(SIGUSR2))
		upgrade_begin();
}

static unsigned long long sooner(unsigned long long a, unsigned long long b)
{
	return b && b < a ? b : a;
}

static void wait_for_news(unsigned long long until)
{
	struct pollfd p[GENERATIONS + CONTROL_POLLS];
	uint64_t counted, now = clock_ms();
	nfds_t n = 0, callers;

	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			p[n++] = (struct pollfd){generations[i].lobby.report,
			    POLLIN, 0};
	until = sooner(until, control_wakes_at());
	unsigned long long ms = until > now ? until - now : 0;
	callers = control_poll(p + n);
	if (signals_wait(p, n + callers, ms < TICK_MS ? (int)ms + 1 : TICK_MS)
	    <= 0)
		callers = n = 0;
	control_look(p + n, callers);
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents && read(p[i].fd, &counted,
		    sizeof counted) < 0 && errno != EAGAIN)
			log_err("read of an eventfd: %m");
}

static void reap(void)
{
	bool logger_died = false;

	reap_all(&logger_died);
	if (generation_current() && reap_wants_logger())
		logs_start(task);
}

static void kill_all(void)
{
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			generation_kill(&generations[i]);
}

static void stop(void)
{
	uint64_t until = clock_ms() + LOGGER_WAIT_MS;
	bool logger_died = spawn_count(0, SLOT_LOGGER) == 0;

	if (!finishing)
		notify_stopping();
	upgrade_drop();
	reload_forbid();
	control_shut();
	kill_all();
	while (spawn_count(0, SLOT_NOBODY) > spawn_count(0, SLOT_LOGGER)
	    && clock_ms() < until) {
		clock_sleep_us(1000);
		reap_all(&logger_died);
		kill_all(); /* who was made just now, or never will be */
	}
	bind_close_others(NULL);
	log_info("stopped");
	logs_finish();
	while (!logger_died && clock_ms() < until) {
		reap_all(&logger_died);
		clock_sleep_us(1000);
	}
}

/* The first generation is up: from here on failures go to the log only. */
static void announce(void)
{
	const struct generation *g = generation_find(GEN_RUNNING);

	if (started || g == NULL)
		return;
	started = true;
	start_announce();
	notify_ready("generation 1 is running");
}

static int loop(void)
{
	for (;;) {
		reap();
		spawn_learn();
		spawn_obey_verdicts();
		for (int i = 0; i < GENERATIONS; i++)
			advance(&generations[i]);
		announce();
		logs_retry();
		follow_signals();
		reload_look();
		upgrade_look();
		if (started)
			reload_start_over();
		unsigned long long again = sooner(sooner(clock_ms() + TICK_MS,
		    reap_order_again()), gates_look());
		again = sooner(again, renewal_look(task, started));
		if (signals_take(SIGTERM) || signals_take(SIGINT))
			return EXIT_FINE;
		if (!any_left() && (finishing || !started))
			return finishing ? EXIT_FINE : EXIT_FAILED;
		wait_for_news(again);
	}
}

/* What operators changed before the last stop. A file that it does not fit
 * any more is taken without it. */
static struct conf *lay_over(struct conf *conf)
{
	if (conf->state_dir)
		overlay_read(conf->state_dir);
	if (overlay_changes() == NULL)
		return conf;
	struct conf *changed = reload_conf();
	if (changed == NULL) {
		log_warn("no backend is added or removed by the changes at "
		    "run time");
		return conf;
	}
	conf_free(conf);
	return changed;
}

/* What others find us by. In the background nobody could find a master
 * without; in the foreground who has started it can. */
static bool be_found(const struct conf *conf)
{
	bool foreground = task->options.foreground;

	if (!control_prepare(conf) && (!foreground || errno == EADDRINUSE))
		return false;
	control_commit(conf);
	orders_follow(conf);
	return !conf->pid_file || start_write_pid(conf->pid_file)
	    || foreground;
}

int master_run(const struct master_task *t, struct conf *conf)
{
	task = t;
	born = clock_ms();
	upgrade_init(t);
	reload_init(t);
	conf = lay_over(conf);
	if (!logs_claim(conf) || !start_prepare(t, conf))
		return EXIT_FAILED;
	signals_catch();
	if (generation_start(t, conf) == NULL || !logs_start(t))
		return EXIT_FAILED;
	bool found = be_found(conf);
	title_set("master");
	int code = found ? loop() : EXIT_FAILED;
	stop();
	start_undo();
	return code;
}

int master_run_on(struct master_task *t)
{
	task = t;
	title_set("master");
	signals_catch();
	old_logger = upgrade_take_over(t, t->legacy);
	const struct generation *g = generation_current();
	if (g) {
		log_set_level(g->conf->error_log.level);
		orders_follow(g->conf);
	}
	if (old_logger)
		reload_begin(NULL);
	int code = loop();
	stop();
	start_undo();
	return code;
}
