/* SPDX-License-Identifier: BSD-2-Clause */
/* Reloading: a new generation after the one that runs. */
#include "master/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/control.h"
#include "master/generation.h"
#include "master/inspect.h"
#include "master/logs.h"
#include "master/notify.h"
#include "master/orders.h"
#include "master/overlay.h"
#include "master/upgrade.h"
#include "shm/slot.h"

#define WAIT_MS 20000 /* longer than a generation may take to start */
#define START_OVER_MS 1000

static const struct master_task *task;
static bool forbidden;
static bool under_way;
static bool loading;     /* the part that the master does at once */
static struct conf *inspected; /* the new one, while its certificates are */
static unsigned inspection;
static uint64_t began;   /* clock_ms */
static unsigned follows; /* the generation that it is to follow */

/* What the log was told of it, for who has asked for it. */
static char said[16384];
static size_t nsaid;

void reload_init(const struct master_task *t)
{
	task = t;
}

/* Once it is under way only what is worse than a warning may have to do with
 * it. */
static void overhear(enum log_level level, const char *line, size_t n)
{
	if ((level == LOG_LEVEL_ERR || (level == LOG_LEVEL_WARN && loading))
	    && n + 1 < sizeof said - nsaid) {
		memcpy(said + nsaid, line, n);
		nsaid += n;
		said[nsaid++] = '\n';
	}
	slot_log(level, line, n);
}

static void log_lines(char *text, bool failed)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save))
		(failed ? log_err : log_warn)("%s", line);
}

struct conf *reload_conf(void)
{
	struct conf_options options = task->options;
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL) {
		log_err("reload: %m");
		return NULL;
	}
	options.changes = overlay_changes();
	struct conf *conf = conf_load(task->file, &options, to);
	fclose(to);
	log_lines(text, conf == NULL);
	free(text);
	return conf;
}

struct conf *reload_file_alone(void)
{
	FILE *nowhere = fopen("/dev/null", "we");

	if (nowhere == NULL)
		return NULL;
	struct conf *conf = conf_load(task->file, &task->options, nowhere);
	fclose(nowhere);
	return conf;
}

/* Who had none before can do without. */
static bool prepare_control(const struct conf *conf)
{
	return control_prepare(conf) || control_path()[0] == '\0';
}

static void give_up(struct conf *conf)
{
	log_err("reload: the configuration stays as it was");
	control_release();
	logs_release();
	conf_free(conf);
}

void reload_tell_of_certificates(bool failed)
{
	size_t n;
	const char *text = inspect_said(&n);
	char *lines = strndup(n ? text : "", n);

	if (lines)
		log_lines(lines, failed);
	free(lines);
}

/* Goes on once the certificates have been looked at. False: it came to
 * nothing. */
static bool go_on(void)
{
	enum inspect_state state = inspect_look(inspection);
	struct conf *conf = inspected;

	if (state == INSPECT_GOES_ON)
		return true;
	inspected = NULL;
	loading = true;
	reload_tell_of_certificates(state != INSPECT_FINE);
	bool goes = state == INSPECT_FINE && prepare_control(conf)
	    && logs_claim(conf) && generation_start(task, conf);
	if (!goes)
		give_up(conf);
	loading = false;
	return goes;
}

static bool start_new(bool (*check)(const struct conf *conf))
{
	loading = true;
	inspected = reload_conf();
	if (inspected == NULL || (check && !check(inspected))) {
		give_up(inspected);
		inspected = NULL;
		loading = false;
		return false;
	}
	inspection = inspect_begin(task, inspected);
	return go_on();
}

void reload_hurry_oldest(void)
{
	struct generation *g;

	if (generation_count(GEN_DRAINING) + generation_count(GEN_RUNNING)
	    > GENERATIONS_LIVE
	    && (g = generation_oldest(GEN_DRAINING)) != NULL)
		generation_drain(g, g->drain_until, true);
}

static unsigned running(void)
{
	const struct generation *g = generation_find(GEN_RUNNING);

	return g ? g->number : 0;
}

static void end(void)
{
	bool fine = running() != follows;
	char status[100];

	if (fine)
		snprintf(status, sizeof status, "generation %u is running",
		    running());
	else
		snprintf(status, sizeof status, "the reload failed: "
		    "generation %u is still running", running());
	under_way = false;
	orders_reload_ended(fine);
	log_to(slot_log);
	notify_ready(status);
	control_ended(fine ? NULL : "the configuration stays as it was", said,
	    nsaid);
	nsaid = 0;
}

void reload_begin(bool (*check)(const struct conf *conf))
{
	if (under_way)
		end();
	under_way = true;
	began = clock_ms();
	follows = running();
	notify_reloading();
	log_to(overhear);
	bool starts = start_new(check);
	reload_hurry_oldest();
	if (!starts)
		end();
}

bool reload_is_under_way(void)
{
	return under_way || inspected || generation_find(GEN_STARTING) != NULL;
}

bool reload_inspects(void)
{
	return inspected != NULL;
}

void reload_look(void)
{
	if (inspected) {
		bool goes = go_on();
		reload_hurry_oldest();
		if (!goes && under_way)
			end();
	}
	if (!under_way || inspected || forbidden
	    || generation_find(GEN_STARTING))
		return;
	/* whoever waits for it wants it to have an effect by then */
	if (running() != follows && generation_old_is_open()
	    && clock_ms() < began + WAIT_MS)
		return;
	end();
}

void reload_start_over(void)
{
	static uint64_t at;

	if (forbidden || generation_find(GEN_RUNNING)
	    || generation_find(GEN_STARTING) || inspected
	    || upgrade_is_under_way()
	    || clock_ms() < at)
		return;
	at = clock_ms() + START_OVER_MS;
	start_new(NULL);
	reload_hurry_oldest();
}

bool reload_is_forbidden(void)
{
	return forbidden;
}

void reload_forbid(void)
{
	forbidden = true;
	inspect_drop(inspection);
	conf_free(inspected);
	inspected = NULL;
}
