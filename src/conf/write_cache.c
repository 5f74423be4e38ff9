/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the cache's keys. */
#include "conf/dump.h"

void write_cache_area(struct dump *d, const struct keyword *k,
    const void *base)
{
	dump_members(d, k, base);
}

/* In the order of the struct, without what lies between its members. */
static bool are_same(const struct conf_cache *a, const struct conf_cache *b)
{
	return a->max_object == b->max_object
	    && a->default_ttl == b->default_ttl && a->max_ttl == b->max_ttl
	    && a->stale_while_revalidate == b->stale_while_revalidate
	    && a->stale_if_error == b->stale_if_error
	    && a->max_stale == b->max_stale && a->collapse == b->collapse
	    && a->ignore_query.at == b->ignore_query.at && a->key == b->key
	    && a->status_header == b->status_header
	    && a->purge_from.at == b->purge_from.at;
}

/* What a route does not say anew its site has said. */
void write_cache(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_cache *cache = dump_source(k, base);
	const struct conf_cache *above = d->site ? &d->site->cache
	    : &d->conf->cache.rules;

	if (cache->on && !are_same(cache, above)) {
		dump_members(d, k, base);
		return;
	}
	dump_indent(d);
	fprintf(d->to, "%s = %s;\n", k->name, cache->on ? "true" : "false");
}

void write_globs(struct dump *d, const struct keyword *k, const void *base)
{
	dump_texts(d, k->name, dump_source(k, base));
}

void write_cache_key(struct dump *d, const struct keyword *k,
    const void *base)
{
	static const char *const names[] = {[CACHE_BY_HOST] = "host",
		[CACHE_BY_TARGET] = "target", [CACHE_BY_SCHEME] = "scheme",
		[CACHE_BY_HEADER] = "header:", [CACHE_BY_COOKIE] = "cookie:"};
	const struct conf_cache *cache = (const struct conf_cache *)(
	    (const char *)dump_source(k, base)
	    - offsetof(struct conf_cache, key));

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < cache->nkey; i++)
		fprintf(d->to, "%s\"%s%.*s\"", i ? ", " : " ",
		    names[cache->key[i].by], SLICE_FMT(cache->key[i].name));
	fputs(" ];\n", d->to);
}
