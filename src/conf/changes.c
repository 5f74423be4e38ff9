/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes made at run time, applied to what the file says. */
#include "conf/changes.h"

#include "conf/heap.h"
#include "conf/load.h"
#include "conf/members.h"
#include "conf/read.h"

static void warn(struct load *l, const struct conf_change *c,
    const char *text)
{
	report_warning(&l->report, 0, "%s at run time: %s/%s: %s",
	    c->kind == CHANGE_ADD ? "added" : "removed", c->pool, c->name,
	    text);
}

/* The pool is l's own: the object is not finished. */
static struct conf_pool *find_pool(struct load *l, const char *name)
{
	const struct conf_pool *pool = conf_find_pool(l->conf, name);

	return pool ? &l->conf->pools[pool->index] : NULL;
}

/* The first member of a backend: a command names it as a whole. */
static const struct conf_backend *find_backend(const struct conf_pool *pool,
    const char *name)
{
	const struct conf_backend *b = conf_find_backend(pool, name);

	return b && b->member == 0 ? b : NULL;
}

static config_setting_t *add(config_setting_t *group, const char *name,
    int type)
{
	config_setting_t *s = config_setting_add(group, name, type);

	if (s == NULL)
		die("out of memory");
	return s;
}

/* As it would stand in the file, for the readers of the file. */
static void write_group(config_setting_t *group, const struct conf_change *c)
{
	const struct {
		const char *name, *text;
	} texts[] = {{"name", c->name}, {"address", c->address}};

	for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (!config_setting_set_string(add(group, texts[i].name,
		    CONFIG_TYPE_STRING), texts[i].text))
			die("out of memory");
	config_setting_set_int(add(group, "weight", CONFIG_TYPE_INT),
	    c->weight > INT32_MAX ? INT32_MAX : (int)c->weight);
	config_setting_set_int(add(group, "max_connections", CONFIG_TYPE_INT),
	    c->max_connections > INT32_MAX ? INT32_MAX
	    : (int)c->max_connections);
	config_setting_set_bool(add(group, "backup", CONFIG_TYPE_BOOL),
	    c->backup);
}

/* All that is wrong with it, each as a warning. False if there is an error. */
static bool read_change(struct load *l, const struct conf_change *c,
    struct conf_backend *b)
{
	struct report file = l->report;
	struct report said;
	config_t text;

	config_init(&text);
	write_group(config_root_setting(&text), c);
	struct spot item = {keyword_find("pools.NAME", "backends"),
		config_root_setting(&text), NULL, NULL};
	l->report = (struct report){0};
	read_backend(l, &item, "it", b);
	said = l->report;
	l->report = file;
	for (unsigned i = 0; i < said.n; i++)
		warn(l, c, said.at[i].text);
	bool fine = said.errors == 0;
	report_fini(&said);
	config_destroy(&text);
	return fine;
}

static void add_backend(struct load *l, const struct conf_change *c,
    struct conf_pool *pool)
{
	struct conf_backend *b = heap_alloc(l->conf, 1, sizeof *b);

	b->tls = pool->tls.on;
	if (conf_find_backend(pool, c->name)) {
		warn(l, c, "the file has it now, and what it says is taken");
		return;
	}
	if (!read_change(l, c, b))
		return;
	b->pool_name = pool->name;
	b->added = true;
	if (!members_add(l, pool, b, 1))
		warn(l, c, "there are as many backends as there can be");
}

static void remove_backend(struct load *l, const struct conf_change *c,
    struct conf_pool *pool)
{
	const struct conf_backend *b = find_backend(pool, c->name);

	if (b == NULL)
		warn(l, c, "the file has it no more");
	else if (members_groups(pool) == 1)
		warn(l, c, "it is the last of its pool, and stays");
	else
		members_remove(l->conf, pool, b);
}

/* Bounds that do not fit each other would be an error of the file. */
static void set_workers(struct load *l, const struct conf_changes *changes)
{
	struct conf *conf = l->conf;
	const struct keyword *k = keyword_find("workers", "max");
	unsigned low = changes->workers_min ? changes->workers_min
	    : conf->workers_min;
	unsigned high = changes->workers_max ? changes->workers_max
	    : conf->workers_max;

	if (changes->workers_min == 0 && changes->workers_max == 0)
		return;
	if (low > k->most || high > k->most || (low && high && low > high)) {
		report_warning(&l->report, 0, "set at run time: workers %u to "
		    "%u are not possible with what the file says now", low,
		    high);
		return;
	}
	conf->workers_min = low;
	conf->workers_max = high;
}

void changes_apply(struct load *l)
{
	const struct conf_changes *changes = l->options->changes;

	if (changes == NULL)
		return;
	for (unsigned i = 0; i < changes->n; i++) {
		const struct conf_change *c = &changes->at[i];
		struct conf_pool *pool = find_pool(l, c->pool);
		if (pool == NULL)
			warn(l, c, "there is no such pool any more");
		else if (c->kind == CHANGE_ADD)
			add_backend(l, c, pool);
		else
			remove_backend(l, c, pool);
	}
	set_workers(l, changes);
}
