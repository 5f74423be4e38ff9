/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the keys of pools. */
#include "conf/dump.h"
#include "conf/members.h"
#include "conf/words.h"

void write_pools(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf *conf = base;

	dump_open(d, k->name);
	for (unsigned i = 0; i < conf->npools; i++) {
		dump_open(d, conf->pools[i].name);
		dump_group(d, "pools.NAME", &conf->pools[i]);
		dump_close(d);
	}
	dump_close(d);
}

/* A name stands once, for all of its members. */
void write_backends(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_pool *pool = base;
	unsigned n = members_groups(pool);

	dump_open_list(d, k, n);
	for (unsigned i = 0; i < pool->nbackends; i++)
		if (pool->backends[i].member == 0)
			dump_item(d, k, &pool->backends[i], --n == 0);
	dump_close_list(d, pool->nbackends);
}

void write_address(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_backend *b = base;
	char text[8 + LOOKUP_TEXT] = "https://";
	/* Of SRV records the pool's "tls" says it. */
	size_t n = b->tls && !b->srv ? strlen(text) : 0;

	n += members_format(b, text + n);
	dump_text(d, k->name, slice_make(text, n));
}

void write_members(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_backend *b = base;

	if (b->lookup.n)
		write_count(d, k, base);
}

static void write_word(struct dump *d, const struct keyword *k,
    const struct word *words, int value)
{
	dump_text(d, k->name, slice_str(words_name(words, value)));
}

void write_state(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_backend *b = base;

	write_word(d, k, words_state, (int)b->state);
}

void write_balance(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;

	write_word(d, k, words_balance, (int)pool->balance);
}

void write_when_down(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_pool *pool = base;

	write_word(d, k, words_when_down, pool->try_when_down);
}

void write_hash_key(struct dump *d, const struct keyword *k, const void *base)
{
	static const char *const names[] = {[HASH_CLIENT] = "client",
		[HASH_URI] = "uri", [HASH_PATH] = "path",
		[HASH_HEADER] = "header:", [HASH_COOKIE] = "cookie:"};
	const struct conf_pool *pool = base;

	if (pool->balance != BALANCE_HASH)
		return;
	dump_indent(d);
	fprintf(d->to, "%s = \"%s%.*s\";\n", k->name, names[pool->hash_by],
	    SLICE_FMT(pool->hash_name));
}

void write_fallback(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;

	if (pool->fallback)
		dump_text(d, k->name, slice_str(pool->fallback->name));
}

void write_host(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;

	dump_text(d, k->name, pool->host == CONF_HOST_NAME ? pool->host_name
	    : pool->host == CONF_HOST_BACKEND ? SLICE("backend")
	    : SLICE("preserve"));
}

void write_retry(struct dump *d, const struct keyword *k, const void *base)
{
	const unsigned *on = dump_source(k, base);
	bool first = true;

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (const struct word *w = words_retry; w->name; w++) {
		if (!(*on & (unsigned)w->value))
			continue;
		fprintf(d->to, "%s\"%s\"", first ? " " : ", ", w->name);
		first = false;
	}
	fputs(" ];\n", d->to);
}
