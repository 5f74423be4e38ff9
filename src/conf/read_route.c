/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the actions of routes. */
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/suggest.h"
#include "conf/template.h"

#define SPLIT_WEIGHT 1000

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
	act(l, at, CONF_POOL)->pool = read_named_pool(l, at);
}

static void read_part(struct load *l, const struct spot *item,
    struct conf_route *route)
{
	const char *name = config_setting_name(item->setting);
	const struct conf_pool *pool = conf_find_pool(l->conf, name);
	struct suggest near;
	long long weight;

	suggest_init(&near, name);
	for (unsigned i = 0; i < l->conf->npools; i++)
		suggest_offer(&near, l->conf->pools[i].name);
	if (pool == NULL)
		spot_bad(l, item, "has \"%s\", and there is no such pool%s",
		    name, suggest_tail(&near));
	if (!spot_number(l, item, &weight))
		return;
	if (weight < 0 || weight > SPLIT_WEIGHT) {
		spot_bad(l, item, "has the weight %lld for \"%s\"; right is 0 "
		    "to %d", weight, name, SPLIT_WEIGHT);
		return;
	}
	route->split[route->nsplit++] = (struct conf_part_of){pool,
		(unsigned)weight};
	route->split_sum += (unsigned)weight;
}

void read_split(struct load *l, const struct spot *at)
{
	struct conf_route *route = act(l, at, CONF_SPLIT);
	unsigned errors = l->report.errors;
	struct spot item = *at;

	if (!spot_is_group(at)) {
		spot_bad(l, at, "must be a group: split = { POOL = 90; "
		    "OTHER = 10; };");
		return;
	}
	unsigned n = spot_length(l, at);
	route->split = heap_alloc(l->conf, n, sizeof *route->split);
	for (unsigned i = 0; i < n; i++) {
		item.setting = config_setting_get_elem(at->setting, i);
		read_part(l, &item, route);
	}
	if (route->split_sum == 0 && l->report.errors == errors)
		spot_bad(l, at, "has no weight above 0: no pool would get a "
		    "request");
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

/* True if the text ends the authority of a URI. */
static bool ends_authority(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (strchr("/?#", text.p[i]))
			return true;
	return false;
}

/* True if a capture or a query may come to stand at the end of the authority,
 * where it would lead to another host. */
static bool has_open_end(const struct conf_template *to, unsigned first,
    size_t scheme)
{
	const struct conf_part *last = NULL;

	for (unsigned i = first; i < to->n; i++) {
		const struct conf_part *part = &to->at[i];
		struct slice text = part->text;
		if (i == first)
			text = slice_make(text.p + scheme, text.n - scheme);
		if (part->kind == PLACE_PATH || part->kind == PLACE_REST
		    || (text.n && strchr("/?#", text.p[0])))
			break;
		last = part;
		if (ends_authority(text))
			break;
	}
	return last && (last->kind == PLACE_CAPTURE
	    || last->kind == PLACE_QUERY);
}

static bool names_host(const struct conf_template *to, unsigned first,
    size_t scheme)
{
	struct slice text = to->at[first].text;
	const struct conf_part *next = &to->at[first + 1];

	if (text.n > scheme)
		return !strchr("/?#", text.p[scheme]);
	return to->n > first + 1 && next->kind != PLACE_PATH
	    && next->kind != PLACE_REST;
}

/* How much of the first text "http://", "https://" or, behind {scheme}, "://"
 * is. */
static size_t begins_with_scheme(const struct conf_template *to)
{
	if (template_starts_with(to, PLACE_SCHEME))
		return to->n > 1 && slice_starts(to->at[1].text,
		    SLICE("://")) ? 3 : 0;
	return template_starts(to, SLICE("http://")) ? 7
	    : template_starts(to, SLICE("https://")) ? 8 : 0;
}

static void verify_authority(struct load *l, const struct spot *at,
    const struct conf_template *to)
{
	size_t scheme = begins_with_scheme(to);
	unsigned first = template_starts_with(to, PLACE_SCHEME);

	if (template_starts(to, SLICE("//"))
	    || (scheme && !names_host(to, first, scheme)))
		spot_bad(l, at, "is \"%s\", which names no host; write "
		    "\"https://HOST/PATH\", or a path that begins with one "
		    "\"/\"", to->source.p);
	else if (scheme && has_open_end(to, first, scheme))
		spot_warn(l, at, "is \"%s\"; what a client sends can make "
		    "another host of it: write \"/\" behind the host",
		    to->source.p);
}

void read_target(struct load *l, const struct spot *at)
{
	struct conf_template *to = spot_target(at);

	if (!read_uri_template(l, at, to))
		return;
	verify_authority(l, at, to);
	if (!template_starts(to, SLICE("/"))
	    && !begins_with_scheme(to)
	    && !template_starts_with(to, PLACE_PATH)
	    && !template_starts_with(to, PLACE_REST))
		spot_bad(l, at, "is \"%s\"; it begins with \"/\", "
		    "\"http://\", \"https://\", \"{scheme}://\", \"{path}\" "
		    "or \"{rest}\"",
		    to->source.p);
}
