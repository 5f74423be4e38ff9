/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets: the pools and backends that commands name. */
#include "master/target.h"

#include <string.h>

#include "conf/members.h"
#include "conf/suggest.h"

const struct conf_pool *target_pool(const struct conf *conf,
    const struct command *c, struct reply *r)
{
	const struct conf_pool *pool = conf_find_pool(conf, c->pool);
	struct suggest near;

	if (pool)
		return pool;
	suggest_init(&near, c->pool);
	for (unsigned i = 0; i < conf->npools; i++)
		suggest_offer(&near, conf->pools[i].name);
	reply_error(r, "unknown", "there is no pool \"%s\"%s", c->pool,
	    suggest_tail(&near));
	return NULL;
}

const struct conf_backend *target_backend(const struct conf *conf,
    const struct command *c, struct reply *r)
{
	const struct conf_pool *pool = target_pool(conf, c, r);
	struct suggest near;

	if (pool == NULL)
		return NULL;
	const struct conf_backend *b = conf_find_backend(pool, c->name);
	if (b)
		return b;
	suggest_init(&near, c->name);
	for (unsigned i = 0; i < pool->nbackends; i++)
		suggest_offer(&near, pool->backends[i].name);
	reply_error(r, "unknown", "there is no backend \"%s\" in the pool "
	    "\"%s\"%s", c->name, c->pool, suggest_tail(&near));
	return NULL;
}

unsigned target_members(const struct conf_backend *b)
{
	return b->member == 0 && b->members ? b->members : 1;
}

const char *target_name(const struct conf_pool *pool, struct command *c)
{
	static const char long_name[] = "this address is too long to be a "
		"name; give it one by name=";
	char text[LOOKUP_TEXT], parsed[sizeof c->address];
	struct conf_backend b = {.tls = pool->tls.on};
	const char *wrong;

	if (c->name[0])
		return NULL;
	memcpy(parsed, c->address, sizeof parsed);
	wrong = members_parse(parsed, &b);
	if (wrong)
		return wrong;
	size_t n = members_format(&b, text);
	if (n >= sizeof c->name)
		return long_name;
	memcpy(c->name, text, n + 1);
	return NULL;
}
