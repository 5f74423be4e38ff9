/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of sites: hosts and routes. */
#include "conf/heap.h"
#include "conf/hosts.h"
#include "conf/read.h"

static void begin(void *object, const char *name, unsigned index)
{
	struct conf_site *site = object;

	(void)index;
	site->name = name;
	site->policy.max_body = CONF_OF_LISTENER;
}

void read_sites(struct load *l, const struct spot *at)
{
	l->conf->sites = spot_members(l, at, "site",
	    sizeof(struct conf_site), &l->conf->nsites, begin);
}

void read_hosts(struct load *l, const struct spot *at)
{
	struct conf_list *to = spot_target(at);
	unsigned n = spot_count(l, at);

	to->at = heap_alloc(l->conf, n, sizeof *to->at);
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		char *text = spot_text(l, &item);
		for (char *p = text; p && *p; p++)
			*p = ascii_lower(*p);
		const char *wrong = text ? hosts_check(slice_str(text))
		    : NULL;
		if (wrong)
			spot_bad(l, &item, "has \"%s\", which %s", text,
			    wrong);
		if (text && !wrong)
			to->at[to->n++] = slice_str(text
			    + (text[0] == '*' && text[1] == '.'));
	}
	if (n == 0)
		spot_bad(l, at, "is an empty list; \"*\" is every host");
}

static void read_route(struct load *l, const struct spot *item,
    const char *title, struct conf_route *route)
{
	char path[KEYWORD_PATH];

	load_mark(l, route, item->setting);
	if (!spot_is_group(item)) {
		spot_bad(l, item, "has a member that is no group; write "
		    "{ path = \"/\"; pool = \"NAME\"; }");
		return;
	}
	keyword_path(item->key, "", path);
	l->actions = 0;
	load_group(l, path, item->setting, title, route);
	if (l->actions != 1)
		report_error(&l->report, load_line(l, route), "%s has %s; "
		    "right is one of \"pool\", \"split\", \"redirect\", "
		    "\"respond\" and \"deny\"", title, l->actions
		    ? "more than one action" : "no action");
}

void read_routes(struct load *l, const struct spot *at)
{
	struct conf_site *site = at->base;
	unsigned n = spot_count(l, at);

	site->routes = heap_alloc(l->conf, n, sizeof *site->routes);
	site->nroutes = n;
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		struct conf_route *route = &site->routes[i];
		route->index = i;
		route->policy = site->policy;
		read_route(l, &item, heap_printf(l->conf, "route %u of %s",
		    i + 1, at->title), route);
	}
	if (n == 0)
		spot_bad(l, at, "is an empty list; write ( { pool = "
		    "\"NAME\"; } )");
}
