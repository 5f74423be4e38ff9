/* SPDX-License-Identifier: BSD-2-Clause */
/* What the size of the cache asks of the routes that use it. */
#include "conf/verify_cache.h"

#include "conf/value.h"

uint64_t verify_object_most(const struct conf *conf)
{
	return conf->cache.size / 4;
}

static unsigned line_of(const struct load *l, const char *path)
{
	const config_setting_t *s = config_lookup(&l->file, path);

	return s ? config_setting_source_line(s) : 0;
}

static void refuse_object(struct load *l, unsigned line, const char *title,
    uint64_t object)
{
	char is[VALUE_TEXT], most[VALUE_TEXT], size[VALUE_TEXT];

	report_error(&l->report, line, "\"max_object\" in cache%s%s is "
	    "\"%s\", more than a quarter of the cache's size; at most \"%s\", "
	    "or a size of \"%s\", is right", title ? " of " : "",
	    title ? title : "", value_format_size(object, is),
	    value_format_size(verify_object_most(l->conf), most),
	    value_format_size(4 * object, size));
}

/* One that begins with the rules of `above`. */
static void verify_rules(struct load *l, unsigned line, const char *title,
    const struct conf_cache *rules, const struct conf_cache *above)
{
	if (rules->on && !above->on && l->conf->cache.size == 0)
		report_error(&l->report, line, "%s has \"cache\", but there "
		    "is none: \"size\" in cache is 0", title);
	else if (l->conf->cache.size && rules->max_object != above->max_object
	    && rules->max_object > verify_object_most(l->conf))
		refuse_object(l, line, title, rules->max_object);
}

static void verify_site(struct load *l, const struct conf_site *site)
{
	char title[100];

	snprintf(title, sizeof title, "site \"%s\"", site->name);
	verify_rules(l, load_line(l, site), title, &site->policy.cache,
	    &l->conf->cache.rules);
	for (unsigned i = 0; i < site->nroutes; i++) {
		const struct conf_route *route = &site->routes[i];
		snprintf(title, sizeof title, "route %u of site \"%s\"",
		    i + 1, site->name);
		verify_rules(l, load_line(l, route), title,
		    &route->policy.cache, &site->policy.cache);
	}
}

void verify_cache(struct load *l)
{
	const struct conf *conf = l->conf;

	/* The group itself has errors. */
	if (conf->cache.rules.max_object == 0)
		return;
	if (conf->cache.size
	    && conf->cache.rules.max_object > verify_object_most(conf))
		refuse_object(l, line_of(l, "cache.max_object"), NULL,
		    conf->cache.rules.max_object);
	for (unsigned i = 0; i < conf->nsites; i++)
		verify_site(l, &conf->sites[i]);
}
