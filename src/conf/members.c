/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends of pools: those of a name are several, side by side. */
#include "conf/members.h"

#include "conf/heap.h"
#include "conf/load.h"

#define HTTPS "https://"

_Static_assert(LOOKUP_TEXT >= ADDR_TEXT, "an address fits where a name does");

static void add(struct load *l, struct conf_pool *pool,
    const struct conf_backend *b)
{
	unsigned line = load_line(l, b);

	for (unsigned i = 0; i < b->members; i++) {
		struct conf_backend *m = &pool->backends[pool->nbackends++];
		*m = *b;
		m->member = i;
		if (i && b->name)
			m->name = heap_printf(l->conf, "%s#%u", b->name,
			    i + 1);
		load_mark_line(l, m, line);
	}
}

bool members_add(struct load *l, struct conf_pool *pool,
    const struct conf_backend *all, unsigned n)
{
	const struct conf_backend *old = pool->backends;
	unsigned more = 0, had = pool->nbackends;

	for (unsigned i = 0; i < n; i++)
		more += all[i].members;
	if (more > MEMBERS_MOST - l->conf->nbackends)
		return false;
	l->conf->nbackends += more;
	pool->backends = heap_alloc(l->conf, had + more, sizeof *old);
	if (had)
		memcpy(pool->backends, old, had * sizeof *old);
	for (unsigned i = 0; i < n; i++)
		add(l, pool, &all[i]);
	return true;
}

void members_remove(struct conf *conf, struct conf_pool *pool,
    const struct conf_backend *b)
{
	size_t at = (size_t)(b - pool->backends);
	unsigned members = b->members;

	pool->nbackends -= members;
	conf->nbackends -= members;
	memmove(pool->backends + at, pool->backends + at + members,
	    (pool->nbackends - at) * sizeof *b);
}

unsigned members_groups(const struct conf_pool *pool)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pool->nbackends; i++)
		n += pool->backends[i].member == 0;
	return n;
}

void members_index(struct conf *conf)
{
	unsigned index = 0;

	for (unsigned i = 0; i < conf->npools; i++) {
		struct conf_pool *pool = &conf->pools[i];
		for (unsigned k = 0; k < pool->nbackends; k++) {
			pool->backends[k].index = index++;
			pool->backends[k].pool = i;
		}
	}
	conf->nbackends = index;
}

uint16_t members_port(const struct conf_backend *b)
{
	return b->tls ? 443 : 80;
}

static const char *parse_name(char *text, struct conf_backend *b)
{
	struct lookup found;
	const char *wrong;

	for (char *p = text; *p; p++)
		*p = ascii_lower(*p);
	wrong = lookup_parse(slice_str(text), members_port(b), &found);
	if (wrong)
		return wrong;
	/* It has its NUL: what stood behind is known. */
	text[found.name.p + found.name.n - text] = '\0';
	b->lookup = found.name;
	b->port = found.port;
	b->srv = found.srv;
	return NULL;
}

const char *members_parse(char *text, struct conf_backend *b)
{
	bool https = strncmp(text, HTTPS, strlen(HTTPS)) == 0;
	struct slice s;

	if (https) {
		b->tls = true;
		text += strlen(HTTPS);
	}
	s = slice_str(text);
	if (https && slice_starts(s, SLICE("srv:")))
		return "is https of SRV records; leave \"https://\" out, and "
		       "write tls = true in the pool";
	if (https && strchr(text, '/'))
		return "has a path or is a unix socket; write it as "
		       "\"https://HOST:PORT\"";
	if (slice_starts(s, SLICE("http://")))
		return "is a URI; write an address without \"http://\"";
	if (s.n && s.p[0] == '*')
		return "is every address; a backend has one, as "
		       "\"127.0.0.1:80\"";
	if (lookup_is(s))
		return parse_name(text, b);
	const char *wrong = addr_parse(s, members_port(b), &b->address);
	if (!wrong && b->tls && b->address.sa.sa_family == AF_UNIX)
		return "is a unix socket; TLS is for TCP only";
	return wrong;
}

size_t members_format(const struct conf_backend *b, char to[LOOKUP_TEXT])
{
	struct lookup name = {b->lookup, b->port, b->srv};

	return b->lookup.n ? lookup_format(&name, to)
	    : addr_format(&b->address, to);
}

const struct conf_pool *conf_find_pool(const struct conf *conf,
    const char *name)
{
	for (unsigned i = 0; i < conf->npools; i++)
		if (strcmp(conf->pools[i].name, name) == 0)
			return &conf->pools[i];
	return NULL;
}

const struct conf_backend *conf_find_backend(const struct conf_pool *pool,
    const char *name)
{
	for (unsigned i = 0; i < pool->nbackends; i++)
		if (pool->backends[i].name
		    && strcmp(pool->backends[i].name, name) == 0)
			return &pool->backends[i];
	return NULL;
}
