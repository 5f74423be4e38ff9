/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of pools and their backends. */
#include <string.h>

#include "conf/heap.h"
#include "conf/hosts.h"
#include "conf/read.h"

#define BACKENDS 4096 /* over all pools */

static void begin(void *object, const char *name, unsigned index)
{
	struct conf_pool *pool = object;

	pool->name = name;
	pool->index = index;
}

void read_pools(struct load *l, const struct spot *at)
{
	l->conf->pools = spot_members(l, at, "pool",
	    sizeof(struct conf_pool), &l->conf->npools, begin);
}

static const char *check_backend(const char *text, struct addr *a)
{
	struct slice s = slice_str(text);

	if (slice_starts(s, SLICE("https://")))
		return "asks for https, which backends cannot have yet; "
		       "write \"127.0.0.1:80\"";
	if (slice_starts(s, SLICE("http://")))
		return "is a URI; write an address without \"http://\"";
	if (s.n && s.p[0] == '*')
		return "is every address; a backend has one, as "
		       "\"127.0.0.1:80\"";
	return addr_parse(s, 80, a);
}

void read_address(struct load *l, const struct spot *at)
{
	struct conf_backend *b = at->base;
	const char *text = spot_text(l, at);
	const char *wrong = text ? check_backend(text, &b->address) : NULL;

	if (wrong)
		spot_bad(l, at, "has \"%s\", which %s", text, wrong);
	if (text == NULL || wrong)
		b->address.len = 0;
}

/* It stands in logs and commands as it is. */
static bool is_name(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"\\;,", *p))
			return false;
	return *text && strlen(text) < ADDR_TEXT;
}

void read_name(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text && !is_name(text))
		spot_bad(l, at, "is \"%s\"; a name has 1 to %d bytes of ASCII, "
		    "no space and none of \" \\ ; ,", text, ADDR_TEXT - 1);
	else if (text)
		*(const char **)spot_target(at) = text;
}

/* A host that is reached by its usual port is named without it. */
static struct slice host_of(struct load *l, const struct addr *a)
{
	char text[ADDR_TEXT];
	size_t n = addr_format(a, text);

	if (a->len == 0 || a->sa.sa_family == AF_UNIX)
		return SLICE("localhost");
	if (addr_port(a) == 80)
		n -= 3;
	return slice_make(heap_copy(l->conf, slice_make(text, n)), n);
}

static void read_backend(struct load *l, const struct spot *item,
    const char *title, struct conf_backend *b)
{
	char path[KEYWORD_PATH], text[ADDR_TEXT];
	bool group = spot_is_group(item);

	keyword_path(item->key, "", path);
	load_mark(l, b, item->setting);
	load_group(l, path, group ? item->setting : NULL, title, b);
	if (!group) {
		struct spot address = {keyword_find(path, "address"),
			item->setting, title, b};
		read_address(l, &address);
	}
	b->host = host_of(l, &b->address);
	if (b->name == NULL && b->address.len) {
		addr_format(&b->address, text);
		b->name = heap_copy(l->conf, slice_str(text));
		if (!is_name(text))
			report_error(&l->report, load_line(l, b),
			    "%s has an address that cannot be its name; "
			    "give it a \"name\"", title);
	}
}

void read_backends(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;
	unsigned n = spot_count(l, at);

	if (n > BACKENDS - l->conf->nbackends) {
		spot_bad(l, at, "makes more than %d backends in all pools",
		    BACKENDS);
		return;
	}
	if (n == 0)
		spot_bad(l, at, "is an empty list; a pool has one backend "
		    "at least");
	pool->backends = heap_alloc(l->conf, n, sizeof *pool->backends);
	pool->nbackends = n;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		struct conf_backend *b = &pool->backends[i];
		b->pool_name = pool->name;
		b->index = l->conf->nbackends++;
		read_backend(l, &item, heap_printf(l->conf,
		    "backend %u of %s", i + 1, at->title), b);
	}
}

void read_balance(struct load *l, const struct spot *at)
{
	static const struct read_word words[] = {{"round-robin", 0},
		{NULL, 0}};

	read_word(l, at, words, 0);
}

static const char *check_host(struct slice text)
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
		const char *wrong = check_host(slice_str(text));
		if (wrong)
			spot_bad(l, at, "is \"%s\", which %s", text, wrong);
		pool->host = CONF_HOST_NAME;
		pool->host_name = slice_str(text);
	}
}

void read_retry(struct load *l, const struct spot *at)
{
	static const struct read_word words[] = {
		{"connect", RETRY_CONNECT},
		{"timeout", RETRY_TIMEOUT},
		{"reset", RETRY_RESET},
		{"502", RETRY_502},
		{"503", RETRY_503},
		{"504", RETRY_504},
		{NULL, 0},
	};
	unsigned *on = spot_target(at);
	unsigned n = spot_count(l, at);

	*on = 0;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		*on |= (unsigned)read_word(l, &item, words, 0);
	}
}
