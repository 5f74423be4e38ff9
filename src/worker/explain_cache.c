/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache would make of a request: portico -x. */
#include "worker/explain.h"

#include "base/buf.h"
#include "worker/compose.h"
#include "worker/key.h"
#include "worker/request.h"

static void say(FILE *to, const char *text)
{
	fprintf(to, "%-12s%s\n", "", text);
}

static void say_ttl(FILE *to, const char *what, uint64_t ms)
{
	if (ms)
		fprintf(to, ", %s %llu s", what,
		    (unsigned long long)(ms / 1000));
}

static void say_rules(FILE *to, const struct conf_cache *rules)
{
	fprintf(to, "%-12sresponses of %llu bytes at most", "cache",
	    (unsigned long long)rules->max_object);
	say_ttl(to, "fresh for", rules->default_ttl);
	say_ttl(to, "at most", rules->max_ttl);
	say_ttl(to, "stale while it is fetched anew", rules->
	    stale_while_revalidate);
	say_ttl(to, "instead of an error", rules->stale_if_error);
	putc('\n', to);
}

/* A letter for the method, the pool, and the parts that the file names; the
 * target has two. No part has a line feed in it. */
static void say_key(FILE *to, struct slice key)
{
	const char *between = "";

	fprintf(to, "%-12s", "key");
	key = slice_make(key.p + 1, key.n - 1);
	while (key.p) {
		struct slice part = slice_cut(&key, '\n');
		fprintf(to, "%s%.*s", between, SLICE_FMT(part));
		between = " | ";
	}
	putc('\n', to);
}

void explain_cache(FILE *to, const struct request *r)
{
	static char text[KEY_MOST];
	const struct conf_cache *rules = &r->route->policy.cache;
	struct buf b;

	if (!rules->on)
		return;
	say_rules(to, rules);
	if (!key_is_for_cache(r)) {
		say(to, "but this is no request that it answers");
		return;
	}
	buf_init(&b, text, sizeof text);
	key_put(&b, r, compose_scheme_asked(r));
	if (b.full)
		say(to, "but the key would be too long");
	else
		say_key(to, slice_make(text, buf_length(&b)));
}
