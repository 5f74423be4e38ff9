/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders: what the master does on command. */
#include "master/orders.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "conf/members.h"
#include "master/charge.h"
#include "master/config.h"
#include "master/generation.h"
#include "master/logs.h"
#include "master/overlay.h"
#include "master/reload.h"
#include "master/report.h"
#include "master/signals.h"
#include "master/target.h"
#include "master/upgrade.h"

/* Answers, and returns true; or false: the reload will, or the charge. */
typedef bool order(const struct command *c, struct reply *r);

static order show, renew, reopen, stop, set_workers, set_state,
    set_weight, add, drop, show_changes, save;

static const struct {
	order *obey;
	bool changes;
	bool asks_current; /* it is about the generation that runs */
} table[COMMAND_VERBS] = {
	[COMMAND_STATUS] = {show, false},
	[COMMAND_RELOAD] = {renew, true},
	[COMMAND_UPGRADE] = {renew, true},
	[COMMAND_REOPEN] = {reopen, true, true},
	[COMMAND_STOP] = {stop, true},
	[COMMAND_STOP_GRACEFUL] = {stop, true},
	[COMMAND_SET_WORKERS] = {set_workers, true},
	[COMMAND_DRAIN] = {set_state, true, true},
	[COMMAND_ENABLE] = {set_state, true, true},
	[COMMAND_DISABLE] = {set_state, true, true},
	[COMMAND_WEIGHT] = {set_weight, true, true},
	[COMMAND_ADD] = {add, true},
	[COMMAND_REMOVE] = {drop, true},
	[COMMAND_DIFF] = {show_changes, false, true},
	[COMMAND_SAVE] = {save, false, true},
	[COMMAND_CACHE_STATUS] = {charge_begin, false, true},
	[COMMAND_CACHE_PURGE] = {charge_begin, true, true},
	[COMMAND_CACHE_BAN] = {charge_begin, true, true},
	[COMMAND_CACHE_WARM] = {charge_begin, true, true},
};

static const char no_generation[] = "no generation is there yet; try again "
	"in a moment";

static int signal_due;      /* once the answer is on its way */
static bool reload_due, upgrade_due;
static bool pending;        /* a change that the reload is for */
static bool kept_too_much;  /* it is in the file, and may come to nothing */
static struct command change;
static char state_dir[4096]; /* of the configuration that runs; "": none */

bool orders_change(const struct command *c)
{
	return table[c->verb].changes;
}

static bool refuse(struct reply *r, const char *why)
{
	reply_error(r, "refused", "%s", why);
	reply_end(r);
	return true;
}

bool orders_obey(const struct command *c, struct reply *r)
{
	if (table[c->verb].asks_current && generation_current() == NULL)
		return refuse(r, no_generation);
	return table[c->verb].obey(c, r);
}

static bool agree(struct reply *r)
{
	reply_ok(r);
	reply_end(r);
	return true;
}

static bool too_many(struct reply *r)
{
	return refuse(r, "there are too many changes at run time; write them "
	    "into the file");
}

/* ---- The whole of it ---- */

static bool show(const struct command *c, struct reply *r)
{
	(void)c;
	report_status(r);
	return true;
}

static bool reopen(const struct command *c, struct reply *r)
{
	const struct generation *g = generation_current();

	(void)c;
	logs_reopen(g->conf);
	return agree(r);
}

static bool stop(const struct command *c, struct reply *r)
{
	signal_due = c->verb == COMMAND_STOP ? SIGTERM : SIGQUIT;
	return agree(r);
}

static const char *reload_hindrance(void)
{
	if (upgrade_is_under_way())
		return "an upgrade is under way; try again when it has ended";
	if (reload_is_forbidden())
		return "Portico is told to stop";
	if (reload_is_under_way())
		return "a reload is under way; try again when it has ended";
	if (generation_current() == NULL)
		return no_generation;
	return NULL;
}

/* A reload, or an upgrade, which ends in one. */
static bool renew(const struct command *c, struct reply *r)
{
	const char *hindrance = reload_hindrance();

	if (hindrance)
		return refuse(r, hindrance);
	if (c->verb == COMMAND_UPGRADE)
		upgrade_due = true;
	else
		reload_due = true;
	return false;
}

static bool show_changes(const struct command *c, struct reply *r)
{
	const struct generation *g = generation_current();

	(void)c;
	struct conf *file = reload_file_alone();
	config_diff(r, file, g->conf);
	conf_free(file);
	return true;
}

static bool save(const struct command *c, struct reply *r)
{
	const struct generation *g = generation_current();

	(void)c;
	config_save(r, g->conf);
	return true;
}

/* ---- States and weights: at once, on the board ---- */

/* What workers read is worked out here too, so that it holds when the answer
 * goes out: these are single words, and its steward writes the same. */
static void lay_on(const struct generation *g, const struct conf_backend *b)
{
	const struct conf_pool *pool = conf_find_pool(g->conf, b->pool_name);
	const struct conf_backend *at = pool ? conf_find_backend(pool, b->name)
	    : NULL;
	struct seats newest = seats;

	if (at == NULL)
		return;
	seats = g->seats;
	overlay_lay(at, board_of(at));
	seats_refresh(at, clock_ms());
	seats = newest;
}

static void lay(const struct conf_backend *b)
{
	for (int i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &generations[i];
		if (g->state == GEN_NONE || g->state == GEN_ENDING)
			continue;
		for (unsigned k = 0; k < target_members(b); k++)
			lay_on(g, &b[k]);
		generation_order(g);
	}
}

/* The change holds; whether it lasts is another thing. */
static void keep(struct reply *r)
{
	static const char lost[] = "it is not kept over a restart: the error "
		"log says why";

	kept_too_much = pending;
	if (state_dir[0] && !overlay_write(state_dir) && r)
		reply_lines(r, lost, sizeof lost - 1);
}

/* Nobody has taken it out, but its checks have. */
static bool fails_its_checks(const struct conf_backend *b)
{
	return board_may_try(b) && board_state(b, clock_ms()) == BOARD_DOWN;
}

/* What may not be what was hoped for. The board is asked by the seats of the
 * generation. */
static void warn(const struct conf_backend *b, const struct generation *g,
    struct reply *r)
{
	const struct conf_pool *pool = &g->conf->pools[b->pool];
	struct seats newest = seats;
	char text[400];
	int n = 0;

	seats = g->seats;
	if (fails_its_checks(b))
		n = snprintf(text, sizeof text, "%s/%s is down until its "
		    "checks succeed\n", pool->name, b->name);
	if (board_left(pool, clock_ms()) == 0)
		n += snprintf(text + n, sizeof text - (size_t)n, "no backend "
		    "of the pool \"%s\" gets requests now\n", pool->name);
	seats = newest;
	reply_lines(r, text, (size_t)n);
}

static bool agree_to(const struct conf_backend *b, const struct generation *g,
    struct reply *r)
{
	reply_ok(r);
	keep(r);
	warn(b, g, r);
	reply_end(r);
	return true;
}

/* Up is an order only where something else says otherwise. */
static bool enable(const struct conf_backend *b, const char *name)
{
	if (!overlay_set_order(name, ORDER_NONE))
		return false;
	if (b->state == CONF_UP && overlay_of(b).order == ORDER_NONE)
		return true;
	return overlay_set_order(name, ORDER_UP);
}

static bool set_state(const struct command *c, struct reply *r)
{
	const struct generation *g = generation_current();
	const struct conf_backend *b;
	char name[BOARD_NAME];
	bool fine;

	if ((b = target_backend(g->conf, c, r)) == NULL) {
		reply_end(r);
		return true;
	}
	overlay_name(c->pool, c->name, name);
	if (c->verb == COMMAND_ENABLE)
		fine = enable(b, name);
	else
		fine = overlay_set_order(name, c->verb == COMMAND_DRAIN
		    ? ORDER_DRAIN : ORDER_DOWN);
	if (!fine)
		return too_many(r);
	lay(b);
	return agree_to(b, g, r);
}

static bool set_weight(const struct command *c, struct reply *r)
{
	const struct generation *g = generation_current();
	const struct conf_backend *b;
	char name[BOARD_NAME];

	if ((b = target_backend(g->conf, c, r)) == NULL) {
		reply_end(r);
		return true;
	}
	overlay_name(c->pool, c->name, name);
	if (!overlay_set_weight(name, c->of_file ? 0 : c->weight + 1))
		return too_many(r);
	lay(b);
	return agree_to(b, g, r);
}

/* ---- Backends and workers: by a new generation ---- */

static bool begin_change(const struct command *c)
{
	change = *c;
	pending = reload_due = true;
	kept_too_much = false;
	return false;
}

static bool set_workers(const struct command *c, struct reply *r)
{
	const char *hindrance = reload_hindrance();

	if (hindrance)
		return refuse(r, hindrance);
	return overlay_add(c) ? begin_change(c) : too_many(r);
}

static bool add(const struct command *c, struct reply *r)
{
	const char *wrong = reload_hindrance();
	const struct conf_pool *pool;
	struct command named = *c;

	if (wrong)
		return refuse(r, wrong);
	pool = target_pool(generation_current()->conf, c, r);
	if (pool == NULL) {
		reply_end(r);
		return true;
	}
	wrong = target_name(pool, &named);
	if (wrong)
		reply_error(r, "refused", "\"%s\" %s", c->address, wrong);
	else if (conf_find_backend(pool, named.name))
		reply_error(r, "refused", "%s/%s is there already; give this "
		    "one another name by name=", pool->name, named.name);
	if (r->n == 0)
		return overlay_add(&named) ? begin_change(&named)
		    : too_many(r);
	reply_end(r);
	return true;
}

static bool drop(const struct command *c, struct reply *r)
{
	const char *hindrance = reload_hindrance();
	const struct conf_backend *b;
	const struct conf *conf;

	if (hindrance)
		return refuse(r, hindrance);
	conf = generation_current()->conf;
	b = target_backend(conf, c, r);
	if (b == NULL) {
		reply_end(r);
		return true;
	}
	if (b->member)
		return refuse(r, "this is one address of a host name; only "
		    "all of them can be removed, by the name without \"#\"");
	if (members_groups(&conf->pools[b->pool]) == 1)
		return refuse(r, "it is the last backend of its pool; add "
		    "another one first, or disable it");
	if (b->added)
		overlay_drop_added(c);
	else if (!overlay_add(c))
		return too_many(r);
	return begin_change(c);
}

/* The reader of the configuration passes over what does not fit: here that is
 * an error, which the lines before it explain. */
static bool change_holds(const struct conf *conf)
{
	const struct conf_pool *pool = conf_find_pool(conf, change.pool);
	const struct conf_backend *b = pool ? conf_find_backend(pool,
	    change.name) : NULL;
	bool holds;

	switch (change.verb) {
	case COMMAND_ADD:
		holds = b && b->added;
		break;
	case COMMAND_REMOVE:
		holds = b == NULL;
		break;
	default:
		holds = conf->workers_min == change.min
		    && conf->workers_max == change.max;
	}
	if (!holds)
		log_err("the change at run time is not possible");
	return holds;
}

void orders_carry_out(void)
{
	if (signal_due)
		signals_raise(signal_due);
	signal_due = 0;
	if (upgrade_due)
		upgrade_begin();
	upgrade_due = false;
	if (!reload_due)
		return;
	reload_due = false;
	reload_begin(pending ? change_holds : NULL);
}

void orders_reload_ended(bool fine)
{
	char name[BOARD_NAME];

	if (!pending)
		return;
	pending = false;
	if (!fine) {
		overlay_take_back();
		if (kept_too_much)
			keep(NULL);
		return;
	}
	overlay_name(change.pool, change.name, name);
	if (change.verb == COMMAND_REMOVE)
		overlay_forget(name);
	keep(NULL);
}

void orders_follow(const struct conf *conf)
{
	static bool began;
	const char *dir = conf->state_dir ? conf->state_dir : "";
	bool moved = strcmp(dir, state_dir) != 0;

	snprintf(state_dir, sizeof state_dir, "%s", dir);
	if (moved && *dir && access(dir, W_OK) < 0)
		log_warn("state_dir %s: %m: changes at run time are lost at "
		    "a restart", dir);
	/* what is there at the start was read, or could not be */
	if (began && moved && overlay_count())
		keep(NULL);
	began = true;
}
