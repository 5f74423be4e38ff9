/* SPDX-License-Identifier: BSD-2-Clause */
/* The overlay: what operators have laid over the file, at run time. */
#include "master/overlay.h"

#include <stdio.h>
#include <string.h>

static struct overlay_order orders[OVERLAY_ORDERS];
static unsigned norders;

/* What makes a new generation. ADD and REMOVE in their order. */
struct structure {
	unsigned n, min, max;
	struct command at[OVERLAY_CHANGES];
};

static struct structure now, before;

void overlay_name(const char *pool, const char *name, char to[BOARD_NAME])
{
	if (snprintf(to, BOARD_NAME, "%s/%s", pool, name) >= BOARD_NAME)
		log_debug("the name %s/%s is cut", pool, name);
}

static struct overlay_order *find(const char *name)
{
	for (unsigned i = 0; i < norders; i++)
		if (strcmp(orders[i].name, name) == 0)
			return &orders[i];
	return NULL;
}

static struct overlay_order *take(const char *name)
{
	struct overlay_order *o = find(name);

	if (o || norders == OVERLAY_ORDERS)
		return o;
	o = &orders[norders++];
	memset(o, 0, sizeof *o);
	snprintf(o->name, sizeof o->name, "%s", name);
	return o;
}

/* True for "app/web#2", if the name is "app/web". */
static bool is_member(const char *member, const char *name)
{
	size_t n = strlen(name);

	return strncmp(member, name, n) == 0 && member[n] == '#';
}

static void drop_empty(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < norders; i++)
		if (orders[i].order != ORDER_NONE || orders[i].weight)
			orders[kept++] = orders[i];
	norders = kept;
}

bool overlay_set_order(const char *name, enum board_order order)
{
	struct overlay_order *o = take(name);

	if (o == NULL)
		return false;
	o->order = order;
	for (unsigned i = 0; i < norders; i++)
		if (is_member(orders[i].name, name))
			orders[i].order = ORDER_NONE;
	drop_empty();
	return true;
}

bool overlay_set_weight(const char *name, uint32_t weight)
{
	struct overlay_order *o = take(name);

	if (o == NULL)
		return false;
	o->weight = weight;
	for (unsigned i = 0; i < norders; i++)
		if (is_member(orders[i].name, name))
			orders[i].weight = 0;
	drop_empty();
	return true;
}

void overlay_forget(const char *name)
{
	for (unsigned i = 0; i < norders; i++)
		if (strcmp(orders[i].name, name) == 0
		    || is_member(orders[i].name, name))
			orders[i] = (struct overlay_order){0};
	drop_empty();
}

struct overlay_order overlay_of(const struct conf_backend *b)
{
	struct overlay_order of = {.order = ORDER_NONE};
	const struct overlay_order *own, *all;

	overlay_name(b->pool_name, b->name, of.name);
	own = find(of.name);
	overlay_name(b->pool_name, (b - b->member)->name, of.name);
	all = b->member ? find(of.name) : NULL;
	if (own && own->order != ORDER_NONE)
		of.order = own->order;
	else if (all)
		of.order = all->order;
	if (own && own->weight)
		of.weight = own->weight;
	else if (all)
		of.weight = all->weight;
	return of;
}

void overlay_lay(const struct conf_backend *b, struct board_row *row)
{
	struct overlay_order of = overlay_of(b);

	atomic_store(&row->order, of.order);
	atomic_store(&row->weight, of.weight);
}

const struct overlay_order *overlay_order_at(unsigned n)
{
	return n < norders ? &orders[n] : NULL;
}

static bool is_same(const struct command *a, const struct command *b)
{
	return strcmp(a->pool, b->pool) == 0 && strcmp(a->name, b->name) == 0;
}

static void keep_before(void)
{
	before.n = now.n;
	before.min = now.min;
	before.max = now.max;
	memcpy(before.at, now.at, now.n * sizeof *now.at);
}

static void forget_added(const struct command *c)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < now.n; i++)
		if (now.at[i].verb != COMMAND_ADD || !is_same(&now.at[i], c))
			now.at[kept++] = now.at[i];
	now.n = kept;
}

void overlay_drop_added(const struct command *c)
{
	keep_before();
	forget_added(c);
}

bool overlay_add(const struct command *c)
{
	keep_before();
	if (c->verb == COMMAND_SET_WORKERS) {
		now.min = c->min;
		now.max = c->max;
		return true;
	}
	if (c->verb == COMMAND_REMOVE)
		forget_added(c);
	if (now.n == OVERLAY_CHANGES)
		return false;
	now.at[now.n++] = *c;
	return true;
}

void overlay_take_back(void)
{
	now.n = before.n;
	now.min = before.min;
	now.max = before.max;
	memcpy(now.at, before.at, before.n * sizeof *now.at);
}

static struct conf_change change_of(const struct command *c)
{
	struct conf_change to = {.pool = c->pool, .name = c->name};

	to.kind = c->verb == COMMAND_ADD ? CHANGE_ADD : CHANGE_REMOVE;
	if (c->verb == COMMAND_ADD) {
		to.address = c->address;
		to.weight = c->weight;
		to.max_connections = c->max_connections;
		to.backup = c->backup;
	}
	return to;
}

const struct conf_changes *overlay_changes(void)
{
	static struct conf_change list[OVERLAY_CHANGES];
	static struct conf_changes all;

	for (unsigned i = 0; i < now.n; i++)
		list[i] = change_of(&now.at[i]);
	all = (struct conf_changes){list, now.n, now.min, now.max};
	return now.n || now.max ? &all : NULL;
}

unsigned overlay_count(void)
{
	unsigned n = now.n + (now.max != 0);

	for (unsigned i = 0; i < norders; i++)
		n += (orders[i].order != ORDER_NONE) + (orders[i].weight != 0);
	return n;
}

static void name_target(struct command *c, const char *name)
{
	struct slice rest = slice_str(name), pool = slice_cut(&rest, '/');

	snprintf(c->pool, sizeof c->pool, "%.*s", SLICE_FMT(pool));
	snprintf(c->name, sizeof c->name, "%.*s", SLICE_FMT(rest));
}

static const enum command_verb verb_of[] = {
	[ORDER_UP] = COMMAND_ENABLE,
	[ORDER_DRAIN] = COMMAND_DRAIN,
	[ORDER_DOWN] = COMMAND_DISABLE,
};

static void walk_order(const struct overlay_order *o,
    void (*each)(const struct command *c, void *arg), void *arg)
{
	struct command c = {.verb = COMMAND_WEIGHT};

	name_target(&c, o->name);
	if (o->weight) {
		c.weight = o->weight - 1;
		each(&c, arg);
	}
	c.weight = 0;
	if (o->order != ORDER_NONE) {
		c.verb = verb_of[o->order];
		each(&c, arg);
	}
}

void overlay_walk(void (*each)(const struct command *c, void *arg), void *arg)
{
	const struct command workers = {.verb = COMMAND_SET_WORKERS,
		.min = now.min, .max = now.max};

	if (now.max)
		each(&workers, arg);
	for (unsigned i = 0; i < now.n; i++)
		each(&now.at[i], arg);
	for (unsigned i = 0; i < norders; i++)
		walk_order(&orders[i], each, arg);
}

static bool apply_order(const struct command *c)
{
	char name[BOARD_NAME];

	overlay_name(c->pool, c->name, name);
	if (c->verb == COMMAND_WEIGHT)
		return overlay_set_weight(name, c->of_file ? 0
		    : c->weight + 1);
	for (unsigned i = ORDER_UP; i <= ORDER_DOWN; i++)
		if (verb_of[i] == c->verb)
			return overlay_set_order(name, (enum board_order)i);
	return false;
}

bool overlay_apply(const struct command *c)
{
	switch (c->verb) {
	case COMMAND_ADD:
		return c->name[0] && overlay_add(c);
	case COMMAND_REMOVE:
	case COMMAND_SET_WORKERS:
		return overlay_add(c);
	default:
		return apply_order(c);
	}
}
