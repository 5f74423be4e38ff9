/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of plain values: numbers, sizes, durations, words and groups. */
#include "conf/read.h"

#include <inttypes.h>

#include "conf/heap.h"
#include "conf/suggest.h"
#include "conf/value.h"

static void store(const struct spot *at, uint64_t v)
{
	uint32_t narrow = (uint32_t)v;
	uint16_t port = (uint16_t)v;

	MUST(at->key->width == sizeof v
	    || (at->key->width == sizeof narrow && v <= UINT32_MAX)
	    || (at->key->width == sizeof port && v <= UINT16_MAX));
	if (at->key->width == sizeof v)
		memcpy(spot_target(at), &v, sizeof v);
	else if (at->key->width == sizeof port)
		memcpy(spot_target(at), &port, sizeof port);
	else
		memcpy(spot_target(at), &narrow, sizeof narrow);
}

void read_count(struct load *l, const struct spot *at)
{
	long long v;

	if (!spot_number(l, at, &v))
		return;
	if (v < 0 || (uint64_t)v < at->key->least
	    || (uint64_t)v > at->key->most)
		spot_bad(l, at, "is %lld; right is %" PRIu64 " to %" PRIu64,
		    v, at->key->least, at->key->most);
	else
		store(at, (uint64_t)v);
}

struct unit_kind {
	const char *(*parse)(struct slice text, uint64_t *out);
	const char *(*format)(uint64_t v, char *to);
	const char *noun;
	const char *example;
};

static const struct unit_kind sizes = {value_parse_size, value_format_size,
	"size", "64k"};
static const struct unit_kind times = {value_parse_time, value_format_time,
	"duration", "30s"};
static const struct unit_kind rates = {value_parse_rate, value_format_rate,
	"rate", "500/s"};
static const struct unit_kind shares = {value_parse_share,
	value_format_share, "percentage", "1%"};

/* Without a unit only 0 is clear. */
static bool parse_number(struct load *l, const struct spot *at,
    const struct unit_kind *kind, uint64_t *v)
{
	int type = config_setting_type(at->setting);
	long long n = 0;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		spot_bad(l, at, "must be a %s, as \"%s\"", kind->noun,
		    kind->example);
		return false;
	}
	spot_number(l, at, &n);
	if (n != 0)
		spot_bad(l, at, "is %lld without a unit; write a %s, as "
		    "\"%s\"", n, kind->noun, kind->example);
	*v = 0;
	return n == 0;
}

static bool parse_text(struct load *l, const struct spot *at,
    const struct unit_kind *kind, uint64_t *v)
{
	const char *text = spot_text(l, at);
	const char *wrong = text ? kind->parse(slice_str(text), v) : NULL;

	if (wrong)
		spot_bad(l, at, "is \"%s\", which %s", text, wrong);
	return text && !wrong;
}

static void read_unit(struct load *l, const struct spot *at,
    const struct unit_kind *kind)
{
	char is[VALUE_TEXT], least[VALUE_TEXT], most[VALUE_TEXT];
	uint64_t v;

	if (!(spot_is_text(at) ? parse_text : parse_number)(l, at, kind, &v))
		return;
	if (v < at->key->least || v > at->key->most)
		spot_bad(l, at, "is \"%s\"; right is \"%s\" to \"%s\"",
		    kind->format(v, is), kind->format(at->key->least, least),
		    kind->format(at->key->most, most));
	else
		store(at, v);
}

void read_size(struct load *l, const struct spot *at)
{
	read_unit(l, at, &sizes);
}

void read_time(struct load *l, const struct spot *at)
{
	read_unit(l, at, &times);
}

void read_rate(struct load *l, const struct spot *at)
{
	read_unit(l, at, &rates);
}

void read_share(struct load *l, const struct spot *at)
{
	read_unit(l, at, &shares);
}

/* For members that count whole percents. */
void read_percent(struct load *l, const struct spot *at)
{
	const char *text = spot_is_text(at) ? spot_text(l, at) : NULL;
	const char *wrong;
	uint64_t v;

	if (!spot_is_text(at))
		spot_bad(l, at, "must be a percentage, as \"50%%\"");
	if (text == NULL)
		return;
	wrong = value_parse_share(slice_str(text), &v);
	if (!wrong && v % 10000)
		wrong = "is no whole percentage; write it without a point, as "
			"\"20%\"";
	if (wrong)
		spot_bad(l, at, "is \"%s\", which %s", text, wrong);
	else
		store(at, v / 10000);
}

void read_bool(struct load *l, const struct spot *at)
{
	if (config_setting_type(at->setting) != CONFIG_TYPE_BOOL) {
		spot_bad(l, at, "must be true or false, without quotes");
		return;
	}
	*(bool *)spot_target(at) = config_setting_get_bool(at->setting);
}

void read_text(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text && *text == '\0')
		spot_bad(l, at, "is empty; leave it out for its default");
	else if (text)
		*(const char **)spot_target(at) = text;
}

void read_file(struct load *l, const struct spot *at)
{
	const char **to = spot_target(at);

	if (spot_is_false(at)) {
		*to = "";
		return;
	}
	const char *text = spot_text(l, at);
	if (text && *text != '/')
		spot_bad(l, at, "is \"%s\"; it must be an absolute path, or "
		    "false", text);
	else if (text)
		*to = text;
}

void read_group(struct load *l, const struct spot *at)
{
	read_group_into(l, at, spot_target(at));
}

void read_group_into(struct load *l, const struct spot *at, void *base)
{
	char path[KEYWORD_PATH];
	const char *title = at->title
	    ? heap_printf(l->conf, "%s of %s", at->key->name, at->title)
	    : at->key->name;

	if (at->setting && !spot_is_group(at)) {
		spot_bad(l, at, "must be a group: %s = { ... };",
		    at->key->name);
		return;
	}
	keyword_path(at->key, "", path);
	load_group(l, path, at->setting, title, base);
}

static void refuse_word(struct load *l, const struct spot *at,
    const struct word *words, const char *text)
{
	char list[256] = "";
	struct suggest near;
	size_t n = 0;

	suggest_init(&near, text);
	for (; words->name && n < sizeof list; words++) {
		n += (size_t)snprintf(list + n, sizeof list - n, "%s\"%s\"",
		    n == 0 ? "" : words[1].name ? ", " : " or ", words->name);
		suggest_offer(&near, words->name);
	}
	spot_bad(l, at, "is \"%s\"; right is %s%s", text, list,
	    suggest_tail(&near));
}

int read_word(struct load *l, const struct spot *at,
    const struct word *words, int def)
{
	const char *text = spot_text(l, at);

	if (text == NULL)
		return def;
	for (const struct word *w = words; w->name; w++)
		if (strcmp(w->name, text) == 0)
			return w->value;
	refuse_word(l, at, words, text);
	return def;
}
