/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the cache's keys, in the group of that name and in policies. */
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/suggest.h"
#include "conf/verify_cache.h"

#define NAME_MOST 64 /* of a field, cookie or parameter */
#define SIZE_LEAST (2 * UINT64_C(1024) * 1024)
#define OBJECT (8 * UINT64_C(1024) * 1024)

/* "" is the reader's word for false. */
void read_cache_area(struct load *l, const struct spot *at)
{
	struct conf *conf = at->base;
	unsigned errors = l->report.errors;

	if (at->setting && !spot_is_group(at))
		spot_bad(l, at, "must be a group here: cache = { size = "
		    "\"512M\"; }; sites and routes have \"cache = true;\"");
	else
		read_group_into(l, at, conf);
	if (conf->cache.file && *conf->cache.file == '\0')
		conf->cache.file = NULL;
	if (conf->cache.size && conf->cache.size < SIZE_LEAST)
		spot_bad(l, at, "has a size below \"2M\"; write 0 for no "
		    "cache");
	if (l->report.errors > errors)
		conf->cache.rules.max_object = 0;
	else if (conf->cache.rules.max_object == 0)
		conf->cache.rules.max_object = conf->cache.size
		    && verify_object_most(conf) < OBJECT
		    ? verify_object_most(conf) : OBJECT;
}

/* A site begins with what the group `cache` says; a route is a copy of its
 * site. */
void read_cache(struct load *l, const struct spot *at)
{
	struct conf_policy *policy = keyword_policy(at->key, at->base);

	if (!keyword_is_of_route(at->key))
		policy->cache = l->conf->cache.rules;
	if (config_setting_type(at->setting) == CONFIG_TYPE_BOOL) {
		policy->cache.on = !spot_is_false(at);
		return;
	}
	if (!spot_is_group(at)) {
		spot_bad(l, at, "must be true, false, or a group, "
		    "cache = { default_ttl = \"5m\"; };");
		return;
	}
	policy->cache.on = true;
	read_group_into(l, at, at->base);
}

/* Bytes that end a name in a query, or that none has. */
static const char *check_glob(struct slice text)
{
	if (text.n == 0 || text.n > NAME_MOST)
		return "is no name; write 1 to 64 bytes, as \"utm_*\"";
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~'
		    || strchr("&=#", text.p[i]))
			return "is no name of a parameter: it has no \"&\", "
			       "\"=\", \"#\" and blanks; write \"utm_*\"";
	return NULL;
}

void read_globs(struct load *l, const struct spot *at)
{
	*(struct conf_list *)spot_target(at) = spot_list(l, at, check_glob);
}

static const struct {
	struct slice text; /* with ":", a name follows */
	enum conf_cache_part by;
} parts[] = {
	{{"host", 4}, CACHE_BY_HOST},
	{{"target", 6}, CACHE_BY_TARGET},
	{{"scheme", 6}, CACHE_BY_SCHEME},
	{{"header:", 7}, CACHE_BY_HEADER},
	{{"cookie:", 7}, CACHE_BY_COOKIE},
};

#define PARTS (sizeof parts / sizeof parts[0])

static bool parse_part(struct slice text, struct conf_cache_key *to)
{
	for (unsigned i = 0; i < PARTS; i++) {
		struct slice word = parts[i].text;
		bool named = word.p[word.n - 1] == ':';
		to->by = parts[i].by;
		to->name = slice_make(text.p + word.n, text.n - word.n);
		if (!named && slice_eq(text, word)) {
			to->name = (struct slice){NULL, 0};
			return true;
		}
		if (named && slice_starts(text, word))
			return to->name.n <= NAME_MOST
			    && read_is_token(to->name);
	}
	return false;
}

static bool has_part(const struct conf_cache *cache,
    const struct conf_cache_key *part)
{
	for (unsigned i = 0; i < cache->nkey; i++) {
		const struct conf_cache_key *other = &cache->key[i];
		if (other->by != part->by)
			continue;
		/* Names of cookies have upper and lower case. */
		if (part->by == CACHE_BY_HEADER
		    ? slice_caseeq(other->name, part->name)
		    : slice_eq(other->name, part->name))
			return true;
	}
	return false;
}

static void add_part(struct load *l, const struct spot *item,
    struct conf_cache *cache)
{
	const char *text = spot_text(l, item);
	struct conf_cache_key part;
	struct suggest near;

	if (text == NULL)
		return;
	suggest_init(&near, text);
	for (unsigned i = 0; i < PARTS; i++)
		if (parts[i].text.p[parts[i].text.n - 1] != ':')
			suggest_offer(&near, parts[i].text.p);
	if (!parse_part(slice_str(text), &part))
		spot_bad(l, item, "has \"%s\"; right is \"host\", \"target\", "
		    "\"scheme\", \"header:NAME\" or \"cookie:NAME\"%s", text,
		    suggest_tail(&near));
	else if (part.by == CACHE_BY_HEADER
	    && slice_caseeq(part.name, SLICE("Host")))
		spot_bad(l, item, "has \"%s\"; write \"host\", which is the "
		    "same in any form that clients write it", text);
	else if (has_part(cache, &part))
		spot_bad(l, item, "has \"%s\" twice", text);
	else
		cache->key[cache->nkey++] = part;
}

static void warn_of_lack(struct load *l, const struct spot *at,
    const struct conf_cache *cache)
{
	static const struct conf_cache_key host = {.by = CACHE_BY_HOST},
		target = {.by = CACHE_BY_TARGET};

	if (!has_part(cache, &target))
		spot_warn(l, at, "has no \"target\": one response answers "
		    "the requests for all paths");
	else if (!has_part(cache, &host))
		spot_warn(l, at, "has no \"host\": a response answers the "
		    "requests for all hosts whose key is like this");
}

void read_cache_key(struct load *l, const struct spot *at)
{
	struct conf_cache *cache = (struct conf_cache *)((char *)spot_target(
	    at) - offsetof(struct conf_cache, key));
	unsigned errors = l->report.errors;
	unsigned n = spot_count(l, at);

	cache->key = heap_alloc(l->conf, n, sizeof *cache->key);
	cache->nkey = 0;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		add_part(l, &item, cache);
	}
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for "
		    "[ \"host\", \"target\", \"scheme\" ]");
	else if (l->report.errors == errors)
		warn_of_lack(l, at, cache);
}
