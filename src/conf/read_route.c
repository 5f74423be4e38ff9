/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of routes: conditions and actions. */
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/regex.h"
#include "conf/suggest.h"

void read_path(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text == NULL)
		return;
	if (*text != '/')
		spot_bad(l, at, "is \"%s\"; a path begins with \"/\"", text);
	else if (strchr(text, '?'))
		spot_warn(l, at, "is \"%s\"; a query is no part of the path",
		    text);
	*(struct slice *)spot_target(at) = slice_str(text);
}

void read_regex(struct load *l, const struct spot *at)
{
	struct conf_regex *re = spot_target(at);
	char wrong[REGEX_WRONG];
	const char *text = spot_bytes(l, at);

	if (text == NULL)
		return;
	re->text = text;
	re->code = regex_compile(text, wrong);
	if (re->code == NULL)
		spot_bad(l, at, "%s", wrong);
}

void read_listener_names(struct load *l, const struct spot *at)
{
	struct conf *conf = l->conf;
	unsigned n = spot_count(l, at);

	if (n == 0)
		spot_bad(l, at, "is an empty list; leave it out for any "
		    "listener");
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		const char *name = spot_text(l, &item);
		struct suggest near;
		unsigned j = 0;
		if (name == NULL)
			continue;
		suggest_init(&near, name);
		while (j < conf->nlisteners
		    && strcmp(conf->listeners[j].name, name) != 0)
			suggest_offer(&near, conf->listeners[j++].name);
		if (j == conf->nlisteners)
			spot_bad(l, &item, "has \"%s\", and there is no such "
			    "listener%s", name, suggest_tail(&near));
		else
			*(uint64_t *)spot_target(at) |= UINT64_C(1) << j;
	}
}

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

/* Head and body are made in the pages that a connection may have. */
#define TO_MOST 2048
#define BODY_MOST 204800

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
	if (route->redirect.to.source.n > TO_MOST)
		spot_bad(l, at, "has a \"to\" of %zu bytes; at most %d are "
		    "right", route->redirect.to.source.n, TO_MOST);
}

void read_respond(struct load *l, const struct spot *at)
{
	struct conf_route *route = act(l, at, CONF_RESPOND);
	unsigned status;

	read_group(l, at);
	status = route->respond.status;
	if (route->respond.body.n > BODY_MOST
	    || route->respond.type.n > TO_MOST)
		spot_bad(l, at, "has a body of %zu bytes and a type of %zu; at "
		    "most %d and %d are right", route->respond.body.n,
		    route->respond.type.n, BODY_MOST, TO_MOST);
	if (route->respond.body.n
	    && (status == 204 || status == 205 || status == 304))
		spot_bad(l, at, "has a body, and status %u cannot have one",
		    status);
}

static bool is_uri_char(char c)
{
	return c > ' ' && c <= '~' && !strchr("\"<>\\^`|}", c);
}

void read_target(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);
	struct slice s = slice_str(text);

	if (text == NULL)
		return;
	if (strchr(text, '{')) {
		spot_bad(l, at, "is \"%s\"; names in \"{ }\" cannot stand "
		    "here yet, give the place itself", text);
		return;
	}
	for (const char *p = text; *p; p++)
		if (!is_uri_char(*p)) {
			spot_bad(l, at, "is \"%s\"; \"%c\" is written as "
			    "\"%%%02X\" in a URI", text, *p,
			    (unsigned char)*p);
			return;
		}
	if (!slice_starts(s, SLICE("/")) && !slice_starts(s, SLICE("http://"))
	    && !slice_starts(s, SLICE("https://")))
		spot_bad(l, at, "is \"%s\"; it begins with \"/\", "
		    "\"http://\" or \"https://\"", text);
	struct conf_template *to = spot_target(at);
	to->at = heap_alloc(l->conf, 1, sizeof *to->at);
	to->at->text = to->source = s;
	to->n = 1;
}

void read_body(struct load *l, const struct spot *at)
{
	*(struct slice *)spot_target(at) = slice_str(spot_bytes(l, at));
}

void read_media(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text == NULL)
		return;
	if (!strchr(text, '/') || *text == '/')
		spot_bad(l, at, "is \"%s\"; write a media type, as "
		    "\"text/html\"", text);
	*(struct slice *)spot_target(at) = slice_str(text);
}
