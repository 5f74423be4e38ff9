/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of pools. */
#include <string.h>

#include "conf/heap.h"
#include "conf/hosts.h"
#include "conf/read.h"
#include "conf/suggest.h"

#define NAME_MOST 64 /* of a field or cookie */

static void begin(void *object, const char *name, unsigned index)
{
	struct conf_pool *pool = object;

	pool->name = name;
	pool->index = index;
}

/* Pools may name those that come after them. */
static void read_fallbacks(struct load *l, config_setting_t *pools)
{
	const struct keyword *key = keyword_find("pools.NAME", "fallback");

	for (unsigned i = 0; i < l->conf->npools; i++) {
		struct conf_pool *pool = &l->conf->pools[i];
		config_setting_t *s = config_setting_get_elem(pools, i);
		struct spot at = {key, NULL, NULL, pool};
		if (config_setting_is_group(s))
			at.setting = config_setting_get_member(s, key->name);
		if (at.setting == NULL)
			continue;
		at.title = heap_printf(l->conf, "pool \"%s\"", pool->name);
		pool->fallback = read_named_pool(l, &at);
	}
}

void read_fallback(struct load *l, const struct spot *at)
{
	(void)l;
	(void)at;
}

void read_pools(struct load *l, const struct spot *at)
{
	l->conf->pools = spot_members(l, at, "pool",
	    sizeof(struct conf_pool), &l->conf->npools, begin);
	if (l->conf->pools)
		read_fallbacks(l, at->setting);
}

const struct conf_pool *read_named_pool(struct load *l, const struct spot *at)
{
	const char *name = spot_text(l, at);
	const struct conf_pool *pool = name ? conf_find_pool(l->conf, name)
	    : NULL;
	struct suggest near;

	if (pool || name == NULL)
		return pool;
	suggest_init(&near, name);
	for (unsigned i = 0; i < l->conf->npools; i++)
		suggest_offer(&near, l->conf->pools[i].name);
	spot_bad(l, at, "is \"%s\", and there is no such pool%s", name,
	    suggest_tail(&near));
	return NULL;
}

void read_balance(struct load *l, const struct spot *at)
{
	*(enum conf_balance *)spot_target(at) = (enum conf_balance)read_word(
	    l, at, words_balance, BALANCE_ROUND_ROBIN);
}

static bool is_named_key(struct slice text, struct slice prefix,
    struct slice *name)
{
	if (!slice_starts(text, prefix))
		return false;
	*name = slice_make(text.p + prefix.n, text.n - prefix.n);
	return name->n <= NAME_MOST && read_is_token(*name);
}

void read_hash_key(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;
	const char *text = spot_text(l, at);
	struct slice s = text ? slice_str(text) : SLICE("client");

	if (pool->balance != BALANCE_HASH)
		spot_bad(l, at, "needs balance = \"hash\"; this pool has "
		    "\"%s\"", words_name(words_balance, (int)pool->balance));
	if (slice_eq(s, SLICE("client")))
		pool->hash_by = HASH_CLIENT;
	else if (slice_eq(s, SLICE("uri")))
		pool->hash_by = HASH_URI;
	else if (slice_eq(s, SLICE("path")))
		pool->hash_by = HASH_PATH;
	else if (is_named_key(s, SLICE("header:"), &pool->hash_name))
		pool->hash_by = HASH_HEADER;
	else if (is_named_key(s, SLICE("cookie:"), &pool->hash_name))
		pool->hash_by = HASH_COOKIE;
	else
		spot_bad(l, at, "is \"%s\"; right is \"client\", \"uri\", "
		    "\"path\", \"header:NAME\" or \"cookie:NAME\"", text);
}

void read_when_down(struct load *l, const struct spot *at)
{
	*(bool *)spot_target(at) = read_word(l, at, words_when_down, false);
}

const char *read_wrong_host(struct slice text)
{
	struct slice rest = text, name, digits = {NULL, 0};
	const char *colon = memrchr(text.p, ':', text.n);
	uint64_t port = 1;

	/* The colons of "[::1]" are none of a port. */
	if (colon && memchr(colon, ']', (size_t)(text.p + text.n - colon)))
		colon = NULL;
	name = colon ? slice_make(text.p, (size_t)(colon - text.p)) : rest;
	if (colon)
		digits = slice_make(colon + 1, text.n - name.n - 1);
	if (memchr(text.p, '/', text.n))
		return "has a \"/\"; write a name, with or without a port, as "
		       "\"app.example:8080\"";
	if (name.n == 0 || name.p[0] == '*' || hosts_check(name))
		return "is no host; write \"preserve\", \"backend\", or a "
		       "name as \"app.example\"";
	if (colon && (!slice_u64(digits, &port) || port == 0 || port > 65535))
		return "has a port that is not 1 to 65535";
	return NULL;
}

void read_host(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;
	char *text = spot_text(l, at);

	if (text == NULL)
		return;
	if (strcmp(text, "preserve") == 0) {
		pool->host = CONF_HOST_PRESERVE;
	} else if (strcmp(text, "backend") == 0) {
		pool->host = CONF_HOST_BACKEND;
	} else {
		for (char *p = text; *p; p++)
			*p = ascii_lower(*p);
		const char *wrong = read_wrong_host(slice_str(text));
		if (wrong)
			spot_bad(l, at, "is \"%s\", which %s", text, wrong);
		pool->host = CONF_HOST_NAME;
		pool->host_name = slice_str(text);
	}
}

void read_retry(struct load *l, const struct spot *at)
{
	unsigned *on = spot_target(at);
	unsigned n = spot_count(l, at);

	*on = 0;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		*on |= (unsigned)read_word(l, &item, words_retry, 0);
	}
}
