/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in effect: how it differs from the file, and as a file. */
#include "master/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/overlay.h"

static const char *const state_names[] = {
	[CONF_UP] = "up",
	[CONF_DRAIN] = "drain",
	[CONF_DOWN] = "down",
};

static enum conf_state state_of(enum board_order order, enum conf_state file)
{
	static const enum conf_state states[] = {
		[ORDER_UP] = CONF_UP,
		[ORDER_DRAIN] = CONF_DRAIN,
		[ORDER_DOWN] = CONF_DOWN,
	};

	return order == ORDER_NONE ? file : states[order];
}

static const struct conf_backend *find(const struct conf *conf,
    const char *pool, const char *name)
{
	const struct conf_pool *p = conf ? conf_find_pool(conf, pool) : NULL;

	return p ? conf_find_backend(p, name) : NULL;
}

/* What differs, and in the file is, or was: */
struct difference {
	const char *what, *pool, *name, *file, *now;
};

static void put(struct reply *r, const struct difference *d)
{
	reply_record(r, "change");
	reply_text(r, "what", d->what);
	reply_text(r, "pool", d->pool);
	reply_text(r, "name", d->name);
	reply_text(r, "file", d->file);
	reply_text(r, "now", d->now);
	reply_close(r);
}

struct diff {
	struct reply *r;
	const struct conf *file, *now;
};

static void put_workers(const struct diff *d, const struct command *c)
{
	char file[32] = "", now[32];

	if (d->file)
		snprintf(file, sizeof file, "%u..%u", d->file->workers_min,
		    d->file->workers_max);
	snprintf(now, sizeof now, "%u..%u", c->min, c->max);
	put(d->r, &(struct difference){"workers", "", "", file, now});
}

static const char *where(const struct conf_backend *b, char to[ADDR_TEXT])
{
	if (b == NULL || (b->address.len == 0 && b->lookup.n == 0))
		return "not in the file";
	if (b->lookup.n)
		return b->lookup.p;
	addr_format(&b->address, to);
	return to;
}

static void put_place(const struct diff *d, const struct command *c)
{
	bool added = c->verb == COMMAND_ADD;
	const struct conf_backend *b = find(d->file, c->pool, c->name);
	char text[ADDR_TEXT];

	put(d->r, &(struct difference){added ? "added" : "removed", c->pool,
	    c->name, where(b, text), added ? c->address : "removed"});
}

/* Of a name that nobody has any more an order is kept: it may come back. */
static void put_order(const struct diff *d, const struct command *c)
{
	const struct conf_backend *now = find(d->now, c->pool, c->name);
	const struct conf_backend *b = find(d->file, c->pool, c->name);
	char weight[2][16] = {"", ""};
	struct difference to = {"state", c->pool, c->name, "", ""};

	if (b == NULL)
		b = now;
	if (c->verb == COMMAND_WEIGHT) {
		to.what = "weight";
		if (b)
			snprintf(weight[0], sizeof weight[0], "%u",
			    b->weight);
		snprintf(weight[1], sizeof weight[1], "%u", c->weight);
		to.file = weight[0];
		to.now = weight[1];
	} else {
		to.file = b ? state_names[b->state] : "";
		to.now = c->verb == COMMAND_ENABLE ? "up"
		    : c->verb == COMMAND_DRAIN ? "drain" : "down";
	}
	if (b == NULL)
		to.file = "not in the file";
	put(d->r, &to);
}

static void put_change(const struct command *c, void *arg)
{
	const struct diff *d = arg;

	if (c->verb == COMMAND_SET_WORKERS)
		put_workers(d, c);
	else if (c->verb == COMMAND_ADD || c->verb == COMMAND_REMOVE)
		put_place(d, c);
	else
		put_order(d, c);
}

void config_diff(struct reply *r, const struct conf *file,
    const struct conf *now)
{
	static const char broken[] = "the file has errors now: what it said "
		"before the changes is not shown";
	struct diff d = {r, file, now};

	reply_ok(r);
	if (file == NULL)
		reply_lines(r, broken, sizeof broken - 1);
	overlay_walk(put_change, &d);
	reply_end(r);
}

/* The object is nobody else's: its family has copies of its own. What it says
 * while it is written is taken back at once. */
struct said {
	unsigned weight;
	enum conf_state state;
};

static void lay(struct conf *conf, struct said *kept, bool back)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->npools; i++)
		for (unsigned k = 0; k < conf->pools[i].nbackends; k++, n++) {
			struct conf_backend *b = &conf->pools[i].backends[k];
			struct overlay_order of = overlay_of(b);
			if (back) {
				b->weight = kept[n].weight;
				b->state = kept[n].state;
				continue;
			}
			kept[n] = (struct said){b->weight, b->state};
			b->state = state_of(of.order, b->state);
			if (of.weight)
				b->weight = of.weight - 1;
		}
}

static void put_dump(struct reply *r, const struct conf *conf)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL) {
		reply_error(r, "failed", "no memory");
		return;
	}
	conf_dump(conf, to);
	if (fclose(to) == 0) {
		reply_ok(r);
		reply_lines(r, text, n);
	} else {
		reply_error(r, "failed", "no memory");
	}
	free(text);
}

void config_save(struct reply *r, struct conf *now)
{
	struct said *kept = calloc(now->nbackends + 1u, sizeof *kept);

	if (kept) {
		lay(now, kept, false);
		put_dump(r, now);
		lay(now, kept, true);
		free(kept);
	} else {
		reply_error(r, "failed", "no memory");
	}
	reply_end(r);
}
