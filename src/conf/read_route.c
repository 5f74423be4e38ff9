/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the actions of routes. */
#include "conf/read.h"
#include "conf/suggest.h"
#include "conf/template.h"

static struct conf_route *act(struct load *l, const struct spot *at,
    enum conf_action action)
{
	struct conf_route *route = at->base;

	l->actions++;
	route->action = action;
	return route;
}

void read_pool(struct load *l, const struct spot *at)
{
	struct conf_route *route = act(l, at, CONF_POOL);
	const char *name = spot_text(l, at);
	struct suggest near;

	if (name == NULL)
		return;
	suggest_init(&near, name);
	for (unsigned i = 0; i < l->conf->npools; i++) {
		if (strcmp(l->conf->pools[i].name, name) == 0) {
			route->pool = &l->conf->pools[i];
			return;
		}
		suggest_offer(&near, l->conf->pools[i].name);
	}
	spot_bad(l, at, "is \"%s\", and there is no such pool%s", name,
	    suggest_tail(&near));
}

void read_deny(struct load *l, const struct spot *at)
{
	act(l, at, CONF_DENY);
	read_count(l, at);
}

static bool is_redirect(unsigned status)
{
	return status == 0 || (status >= 301 && status <= 303)
	    || status == 307 || status == 308;
}

void read_redirect(struct load *l, const struct spot *at)
{
	struct conf_route *route = act(l, at, CONF_REDIRECT);

	read_group(l, at);
	if (!is_redirect(route->redirect.status))
		spot_bad(l, at, "has the status %u; right is 301, 302, 303, "
		    "307 or 308", route->redirect.status);
}

void read_target(struct load *l, const struct spot *at)
{
	struct conf_template *to = spot_target(at);

	if (read_uri_template(l, at, to)
	    && !template_starts(to, SLICE("/"))
	    && !template_starts(to, SLICE("http://"))
	    && !template_starts(to, SLICE("https://"))
	    && !template_starts_with(to, PLACE_PATH)
	    && !template_starts_with(to, PLACE_REST))
		spot_bad(l, at, "is \"%s\"; it begins with \"/\", "
		    "\"http://\", \"https://\", \"{path}\" or \"{rest}\"",
		    to->source.p);
}
