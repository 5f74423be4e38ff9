/* SPDX-License-Identifier: BSD-2-Clause */
/* The master: one loop over signals, deaths and reports. */
#include "master/master.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/title.h"
#include "master/bind.h"
#include "master/generation.h"
#include "master/logs.h"
#include "master/notify.h"
#include "master/reap.h"
#include "master/reload.h"
#include "master/signals.h"
#include "master/spawn.h"
#include "master/start.h"
#include "roles.h"

#define TICK_MS 1000
#define LOGGER_WAIT_MS 2000
#define RELOAD_MS 20000 /* longer than a generation may take to start */

static const struct master_task *task;
static bool finishing; /* QUIT: no new work, end when all is done */
static bool started;
static bool reloading;
static uint64_t reload_began; /* clock_ms */
static unsigned reloads; /* the generation that a reload is to follow */

/* What is written of the newest generation decides for the whole process. */
static const struct conf *current(void)
{
	const struct generation *g = generation_find(GEN_RUNNING);

	if (g == NULL)
		g = generation_find(GEN_DRAINING);
	return g ? g->conf : NULL;
}

static void promote(struct generation *g)
{
	struct generation *old;
	uint64_t until = clock_ms() + g->conf->drain_timeout;

	while ((old = generation_find(GEN_RUNNING)) != NULL)
		generation_drain(old, until, false);
	g->state = GEN_RUNNING;
	bind_close_others(g->conf);
	if (started)
		logs_reopen(g->conf);
	log_set_level(g->conf->error_log.level);
	log_info("generation %u is running: %u workers", g->number,
	    g->conf->workers_min);
}

static unsigned count(enum generation_state state)
{
	unsigned n = 0;

	for (int i = 0; i < GENERATIONS; i++)
		n += generations[i].state == state;
	return n;
}

static void hurry_oldest(void)
{
	struct generation *g;

	if (count(GEN_DRAINING) + count(GEN_RUNNING) > GENERATIONS_LIVE
	    && (g = generation_oldest(GEN_DRAINING)) != NULL)
		generation_drain(g, g->drain_until, true);
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
		}
		break;
	default:
		break;
	}
}

static bool any_left(void)
{
	return count(GEN_NONE) < GENERATIONS;
}

static void finish(void)
{
	struct generation *g;

	finishing = true;
	notify_stopping();
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

static void start_new(struct conf *conf)
{
	if (conf == NULL)
		return;
	if (!logs_claim(conf) || generation_start(task, conf) == NULL) {
		log_err("reload: the configuration stays as it was");
		logs_release();
		conf_free(conf);
	}
	hurry_oldest();
}

static unsigned running(void)
{
	const struct generation *g = generation_find(GEN_RUNNING);

	return g ? g->number : 0;
}

static void reload(void)
{
	reloading = true;
	reload_began = clock_ms();
	reloads = running();
	notify_reloading();
	start_new(reload_conf(task));
}

/* A reload has ended when the new generation runs, or never will. */
static void end_reload(void)
{
	char status[100];

	if (!reloading || finishing || generation_find(GEN_STARTING))
		return;
	/* whoever waits for it wants it to have an effect by then */
	if (running() != reloads && generation_old_is_open()
	    && clock_ms() < reload_began + RELOAD_MS)
		return;
	if (running() != reloads)
		snprintf(status, sizeof status, "generation %u is running",
		    running());
	else
		snprintf(status, sizeof status, "the reload failed: "
		    "generation %u is still running", running());
	reloading = false;
	notify_ready(status);
}

static void follow_signals(void)
{
	if (signals_take(SIGUSR1) && current())
		logs_reopen(current());
	if (signals_take(SIGQUIT) && !finishing) {
		log_info("finishing");
		finish();
	}
	if (!finishing && generation_find(GEN_STARTING) == NULL
	    && signals_take(SIGHUP))
		reload();
}

/* A generation that lost all its processes at once gets a successor. */
static void start_over(void)
{
	static uint64_t at;

	if (finishing || !started || generation_find(GEN_RUNNING)
	    || generation_find(GEN_STARTING) || clock_ms() < at)
		return;
	at = clock_ms() + TICK_MS;
	start_new(reload_conf(task));
}

static void wait_for_news(unsigned long long until)
{
	struct pollfd p[GENERATIONS];
	uint64_t counted, now = clock_ms();
	nfds_t n = 0;

	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			p[n++] = (struct pollfd){generations[i].lobby.report,
			    POLLIN, 0};
	unsigned long long ms = until > now ? until - now : 0;
	if (signals_wait(p, n, ms < TICK_MS ? (int)ms + 1 : TICK_MS) <= 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents && read(p[i].fd, &counted,
		    sizeof counted) < 0 && errno != EAGAIN)
			log_err("read of an eventfd: %m");
}

static void reap(void)
{
	bool logger_died = false;

	reap_all(&logger_died);
	if (current() && reap_wants_logger())
		logs_start(task);
}

static void stop(void)
{
	uint64_t until = clock_ms() + LOGGER_WAIT_MS;
	bool logger_died = spawn_count(0, SLOT_LOGGER) == 0;

	if (!finishing)
		notify_stopping();
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			generation_kill(&generations[i]);
	while (spawn_count(0, SLOT_NOBODY) > spawn_count(0, SLOT_LOGGER)
	    && clock_ms() < until) {
		reap_all(&logger_died);
		clock_sleep_us(1000);
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
		end_reload();
		start_over();
		unsigned long long again = reap_order_again();
		if (signals_take(SIGTERM) || signals_take(SIGINT))
			return EXIT_FINE;
		if (!any_left() && (finishing || !started))
			return finishing ? EXIT_FINE : EXIT_FAILED;
		wait_for_news(again ? again : clock_ms() + TICK_MS);
	}
}

int master_run(const struct master_task *t, struct conf *conf)
{
	task = t;
	if (!logs_claim(conf) || !start_prepare(t, conf))
		return EXIT_FAILED;
	signals_catch();
	if (generation_start(t, conf) == NULL || !logs_start(t))
		return EXIT_FAILED;
	/* In the background nobody could find a master without one. */
	bool found = !conf->pid_file || start_write_pid(conf->pid_file)
	    || t->options.foreground;
	title_set("master");
	int code = found ? loop() : EXIT_FAILED;
	stop();
	start_undo();
	return code;
}
