/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the conditions of routes. */
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/suggest.h"

/* Requests' paths come decoded, but for slashes, percent signs and control
 * bytes. */
static bool is_kept_encoded(const char *p)
{
	static const char *const kept[] = {"2F", "25", "7F"};

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (strncmp(p + 1, kept[i], 2) == 0)
			return true;
	return (p[1] == '0' || p[1] == '1') && p[2] != '\0'
	    && strchr("0123456789ABCDEF", p[2]);
}

static bool has_dots(const char *text)
{
	for (const char *p = text; (p = strstr(p, "/.")) != NULL; p++)
		if (strchr("/", p[2]) || (p[2] == '.' && strchr("/", p[3])))
			return true;
	return false;
}

/* What no path is after it was brought into its one form. */
static void verify_form(struct load *l, const struct spot *at,
    const char *text)
{
	const char *p = strchr(text, '%');

	while (p && is_kept_encoded(p))
		p = strchr(p + 1, '%');
	if (p)
		spot_warn(l, at, "is \"%s\"; paths are decoded before they are "
		    "looked at: write the character, or \"%%25\" for \"%%\" "
		    "and \"%%2F\" for a slash that is encoded", text);
	else if (has_dots(text))
		spot_warn(l, at, "is \"%s\"; \"/./\" and \"/../\" are "
		    "resolved before paths are looked at", text);
}

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
	else if (strchr(text, '*'))
		spot_warn(l, at, "is \"%s\"; a \"*\" in it is just that "
		    "character: \"path\" takes what is below it without "
		    "one, and patterns are for \"path_re\"", text);
	else
		verify_form(l, at, text);
	*(struct slice *)spot_target(at) = slice_str(text);
}

bool read_compile(struct load *l, const char *text, struct conf_regex *re,
    char wrong[REGEX_WRONG])
{
	re->text = text;
	re->code = regex_compile(text, wrong);
	if (re->code)
		heap_own(l->conf, re->code, regex_free);
	return re->code != NULL;
}

void read_regex(struct load *l, const struct spot *at)
{
	char wrong[REGEX_WRONG];
	const char *text = spot_bytes(l, at);

	if (text && !read_compile(l, text, spot_target(at), wrong))
		spot_bad(l, at, "%s", wrong);
}

void read_condition(struct load *l, const struct spot *at,
    config_setting_t *member, struct conf_named_regexes *to)
{
	const char *name = config_setting_name(member);
	struct conf_named_regex *new = &to->at[to->n];
	struct spot item = *at;
	char wrong[REGEX_WRONG];

	item.setting = member;
	if (!spot_is_text(&item)) {
		spot_bad(l, &item, "has \"%s\", which is no string; write "
		    "%s = \"REGEX\";", name, name);
		return;
	}
	const char *text = spot_bytes(l, &item);
	if (text == NULL)
		return;
	new->name = slice_str(heap_copy(l->conf, slice_str(name)));
	if (read_compile(l, text, &new->re, wrong))
		to->n++;
	else
		spot_bad(l, &item, "has \"%s\", which %s", name, wrong);
}

void read_named(struct load *l, const struct spot *at)
{
	struct conf_named_regexes *to = spot_target(at);
	unsigned n = spot_is_group(at) ? spot_length(l, at) : 0;

	to->at = heap_alloc(l->conf, n, sizeof *to->at);
	to->n = 0;
	if (!spot_is_group(at))
		spot_bad(l, at, "must be a group: %s = { NAME = \"REGEX\"; };",
		    at->key->name);
	else if (config_setting_length(at->setting) == 0)
		spot_bad(l, at, "is an empty group; leave it out for any");
	for (unsigned i = 0; i < n; i++)
		read_condition(l, at, config_setting_get_elem(at->setting, i),
		    to);
}

const char *read_wrong_method(struct slice text)
{
	if (!read_is_token(text))
		return "is no method; write \"GET\"";
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'a' && text.p[i] <= 'z')
			return "has small letters; methods are written as "
			       "\"GET\"";
	return NULL;
}

void read_methods(struct load *l, const struct spot *at)
{
	struct conf_list *to = spot_target(at);

	*to = spot_list(l, at, read_wrong_method);
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for any "
		    "method");
}

static void read_listener_name(struct load *l, const struct spot *item)
{
	struct conf *conf = l->conf;
	const char *name = spot_text(l, item);
	struct suggest near;
	unsigned i = 0;

	if (name == NULL)
		return;
	suggest_init(&near, name);
	while (i < conf->nlisteners
	    && strcmp(conf->listeners[i].name, name) != 0)
		suggest_offer(&near, conf->listeners[i++].name);
	if (i == conf->nlisteners)
		spot_bad(l, item, "has \"%s\", and there is no such "
		    "listener%s", name, suggest_tail(&near));
	else
		*(uint64_t *)spot_target(item) |= UINT64_C(1) << i;
}

void read_listener_names(struct load *l, const struct spot *at)
{
	unsigned n = spot_count(l, at);

	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for any "
		    "listener");
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		read_listener_name(l, &item);
	}
}

void read_clients(struct load *l, const struct spot *at)
{
	read_networks(l, at);
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for any "
		    "client");
}

static void read_not(struct load *l, const struct spot *item,
    const char *title, struct conf_match *not)
{
	char path[KEYWORD_PATH];

	if (!spot_is_group(item)) {
		spot_bad(l, item, "has a member that is no group; write "
		    "{ path = \"/\"; }");
		return;
	}
	if (config_setting_length(item->setting) == 0)
		spot_bad(l, item, "has an empty group, in which every request "
		    "is; give it a condition");
	keyword_path(item->key, "", path);
	load_group(l, path, item->setting, title, not);
}

void read_nots(struct load *l, const struct spot *at)
{
	struct conf_route *route = at->base;
	unsigned n = spot_count(l, at);

	route->nots = heap_alloc(l->conf, n, sizeof *route->nots);
	route->nnots = n;
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out");
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		read_not(l, &item, heap_printf(l->conf, "not %u of %s",
		    i + 1, at->title), &route->nots[i]);
	}
}
