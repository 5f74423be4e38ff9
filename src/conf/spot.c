/* SPDX-License-Identifier: BSD-2-Clause */
/* One key in the file: its text, its list, and what is wrong with it. */
#include "conf/spot.h"

#include <stdlib.h>

#include "conf/env.h"
#include "conf/heap.h"

#define NAME_BYTES 63 /* of a listener, pool or site at most */

void *spot_target(const struct spot *at)
{
	return (char *)at->base + at->key->at;
}

static unsigned line_of(const struct spot *at)
{
	return at->setting ? config_setting_source_line(at->setting) : 0;
}

/* What is wrong is said in a sentence that begins with the key. */
static char *sentence(const struct spot *at, const char *fmt, va_list ap)
{
	char *text, *all;

	if (vasprintf(&text, fmt, ap) < 0
	    || asprintf(&all, "\"%s\"%s%s %s", at->key->name,
	    at->title ? " in " : "", at->title ? at->title : "", text) < 0)
		die("out of memory");
	free(text);
	return all;
}

void spot_bad(struct load *l, const struct spot *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = sentence(at, fmt, ap);
	va_end(ap);
	report_error(&l->report, line_of(at), "%s", text);
	free(text);
}

void spot_warn(struct load *l, const struct spot *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = sentence(at, fmt, ap);
	va_end(ap);
	report_warning(&l->report, line_of(at), "%s", text);
	free(text);
}

bool spot_is_group(const struct spot *at)
{
	return config_setting_is_group(at->setting);
}

bool spot_is_text(const struct spot *at)
{
	return config_setting_type(at->setting) == CONFIG_TYPE_STRING;
}

bool spot_is_false(const struct spot *at)
{
	return config_setting_type(at->setting) == CONFIG_TYPE_BOOL
	    && !config_setting_get_bool(at->setting);
}

static bool is_list(const config_setting_t *s)
{
	return config_setting_is_list(s) || config_setting_is_array(s);
}

static unsigned bound(struct load *l, const struct spot *at, unsigned n)
{
	if (at->key->most == 0 || n <= at->key->most)
		return n;
	spot_bad(l, at, "has %u members; %u are the most", n,
	    (unsigned)at->key->most);
	return 0;
}

unsigned spot_count(struct load *l, const struct spot *at)
{
	return bound(l, at, is_list(at->setting)
	    ? (unsigned)config_setting_length(at->setting) : 1);
}

unsigned spot_length(struct load *l, const struct spot *at)
{
	return bound(l, at, (unsigned)config_setting_length(at->setting));
}

bool spot_is_empty(const struct spot *at)
{
	return is_list(at->setting)
	    && config_setting_length(at->setting) == 0;
}

struct spot spot_item(const struct spot *at, unsigned i)
{
	struct spot item = *at;

	if (is_list(at->setting))
		item.setting = config_setting_get_elem(at->setting, i);
	return item;
}

struct spot spot_member(const struct spot *at, const char *title, void *base,
    const char *name)
{
	char path[KEYWORD_PATH];
	struct spot member = {.title = title, .base = base};

	keyword_path(at->key, "", path);
	member.key = keyword_find(path, name);
	member.setting = config_setting_get_member(at->setting, name);
	return member;
}

char *spot_bytes(struct load *l, const struct spot *at)
{
	char wrong[ENV_WRONG];

	if (!spot_is_text(at)) {
		spot_bad(l, at, "must be a string in quotes");
		return NULL;
	}
	char *text = env_expand(config_setting_get_string(at->setting),
	    wrong);
	if (text == NULL) {
		spot_bad(l, at, "cannot be read: %s", wrong);
		return NULL;
	}
	char *copy = heap_copy(l->conf, slice_str(text));
	free(text);
	return copy;
}

char *spot_text(struct load *l, const struct spot *at)
{
	char *text = spot_bytes(l, at);

	for (const char *p = text; p && *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c == 0x7f) {
			spot_bad(l, at, "holds the control byte 0x%02x; "
			    "a backslash is written twice, as \"\\\\\"", c);
			return NULL;
		}
	}
	return text;
}

struct conf_list spot_list(struct load *l, const struct spot *at,
    const char *(*check)(struct slice text))
{
	unsigned n = spot_count(l, at);
	struct conf_list list = {heap_alloc(l->conf, n,
	    sizeof(struct slice)), 0};

	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		const char *text = spot_text(l, &item);
		const char *wrong = text ? check(slice_str(text)) : NULL;
		if (wrong)
			spot_bad(l, &item, "has \"%s\", which %s", text,
			    wrong);
		else if (text)
			list.at[list.n++] = slice_str(text);
	}
	return list;
}

bool spot_number(struct load *l, const struct spot *at, long long *out)
{
	int type = config_setting_type(at->setting);

	if (type == CONFIG_TYPE_INT)
		*out = config_setting_get_int(at->setting);
	else if (type == CONFIG_TYPE_INT64)
		*out = config_setting_get_int64(at->setting);
	else
		spot_bad(l, at, "must be a whole number without quotes");
	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

/* Names go into logs, status pages and commands as they are. */
static bool check_name(struct load *l, const char *noun, config_setting_t *s)
{
	const char *name = config_setting_name(s);

	if (strlen(name) > NAME_BYTES || strchr(name, '*')) {
		report_error(&l->report, config_setting_source_line(s),
		    "%s has the name \"%s\"; a name is at most %d letters, "
		    "digits, \"-\" and \"_\"", noun, name, NAME_BYTES);
		return false;
	}
	return true;
}

void *spot_members(struct load *l, const struct spot *at, const char *noun,
    size_t size, unsigned *n,
    void (*begin)(void *object, const char *name, unsigned index))
{
	char path[KEYWORD_PATH];

	*n = 0;
	if (!spot_is_group(at)) {
		spot_bad(l, at, "must be a group of named groups: "
		    "%s = { NAME = { ... }; };", at->key->name);
		return NULL;
	}
	unsigned count = (unsigned)config_setting_length(at->setting);
	if (count > at->key->most) {
		spot_bad(l, at, "has %u members; %u are the most", count,
		    (unsigned)at->key->most);
		return NULL;
	}
	keyword_path(at->key, ".NAME", path);
	char *objects = heap_alloc(l->conf, count, size);
	for (unsigned i = 0; i < count; i++) {
		config_setting_t *s = config_setting_get_elem(at->setting, i);
		char *object = objects + size * i;
		const char *name = heap_copy(l->conf,
		    slice_str(config_setting_name(s)));
		char *title = heap_printf(l->conf, "%s \"%s\"", noun, name);
		begin(object, name, i);
		load_mark(l, object, s);
		*n = i + 1;
		if (!config_setting_is_group(s))
			report_error(&l->report, config_setting_source_line(s),
			    "%s must be a group: %s = { ... };", title, name);
		else if (check_name(l, noun, s))
			load_group(l, path, s, title, object);
	}
	return objects;
}
