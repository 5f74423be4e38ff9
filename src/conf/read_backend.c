/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of backends: where they are, and what they bear. */
#include <string.h>

#include "conf/heap.h"
#include "conf/lookup.h"
#include "conf/members.h"
#include "conf/read.h"

#define MEMBERS 8 /* of a name */

void read_address(struct load *l, const struct spot *at)
{
	struct conf_backend *b = at->base;
	const char *text = spot_text(l, at);
	char *parsed = text ? heap_copy(l->conf, slice_str(text)) : NULL;
	const char *wrong = parsed ? members_parse(parsed, b) : NULL;

	if (wrong)
		spot_bad(l, at, "has \"%s\", which %s", text, wrong);
	if (text == NULL || wrong)
		b->address.len = 0;
}

static bool is_known(const struct conf_backend *b)
{
	return b->address.len || b->lookup.n;
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
	char usual[LOOKUP_TEXT];
	const char *text = spot_text(l, at);

	if (text == NULL)
		return;
	members_format(at->base, usual);
	if (!is_name(text))
		spot_bad(l, at, "is \"%s\"; a name has 1 to %d bytes of ASCII, "
		    "no space and none of \" \\ ; ,", text, ADDR_TEXT - 1);
	else if (strpbrk(text, "#/") && strcmp(text, usual) != 0)
		spot_bad(l, at, "is \"%s\"; a name has no \"/\" and no \"#\", "
		    "which commands and the log put between names", text);
	else
		*(const char **)spot_target(at) = text;
}

void read_state(struct load *l, const struct spot *at)
{
	*(enum conf_state *)spot_target(at) = (enum conf_state)read_word(l,
	    at, words_state, CONF_UP);
}

void read_members(struct load *l, const struct spot *at)
{
	const struct conf_backend *b = at->base;

	read_count(l, at);
	if (b->address.len)
		spot_bad(l, at, "is for a backend that is given by name; this "
		    "one has an address");
}

/* A host that is reached by its usual port is named without it. */
static struct slice host_of(struct load *l, const struct conf_backend *b)
{
	struct lookup name = {b->lookup, b->port, b->srv};
	char text[LOOKUP_TEXT];

	if (b->srv || (b->lookup.n && b->port == members_port(b)))
		return lookup_host(&name);
	if (!is_known(b) || (b->address.len
	    && b->address.sa.sa_family == AF_UNIX))
		return SLICE("localhost");
	struct slice host = slice_make(text, members_format(b, text));
	if (b->address.len && addr_port(&b->address) == members_port(b))
		host.n -= b->tls ? 4 : 3;
	return slice_make(heap_copy(l->conf, host), host.n);
}

static void name_backend(struct load *l, const char *title,
    struct conf_backend *b)
{
	char text[LOOKUP_TEXT];

	if (b->name || !is_known(b))
		return;
	members_format(b, text);
	b->name = heap_copy(l->conf, slice_str(text));
	if (!is_name(text))
		report_error(&l->report, load_line(l, b),
		    "%s has an address that cannot be its name; "
		    "give it a \"name\"", title);
}

void read_backend(struct load *l, const struct spot *item, const char *title,
    struct conf_backend *b)
{
	char path[KEYWORD_PATH];
	bool group = spot_is_group(item);

	keyword_path(item->key, "", path);
	load_mark(l, b, item->setting);
	load_group(l, path, group ? item->setting : NULL, title, b);
	if (!group) {
		struct spot address = {keyword_find(path, "address"),
			item->setting, title, b};
		read_address(l, &address);
	}
	name_backend(l, title, b);
	b->host = host_of(l, b);
	if (b->members == 0 || b->lookup.n == 0)
		b->members = b->lookup.n ? MEMBERS : 1;
}

void read_backends(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;
	unsigned n = spot_count(l, at);
	struct conf_backend *all = heap_alloc(l->conf, n, sizeof *all);

	if (n == 0)
		spot_bad(l, at, "is an empty list; a pool has one backend "
		    "at least");
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		all[i].pool_name = pool->name;
		all[i].tls = read_has_tls(at->setting);
		read_backend(l, &item, heap_printf(l->conf,
		    "backend %u of %s", i + 1, at->title), &all[i]);
	}
	if (!members_add(l, pool, all, n))
		spot_bad(l, at, "makes more than %d backends in all pools",
		    MEMBERS_MOST);
}
