/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of what pools check and keep: health, passive, sticky. */
#include "conf/read.h"

#define NAME_MOST 64
#define PATH_MOST 2048
#define SECRET_LEAST 16
#define SECRET_MOST 256

/* False for `false`, and for what is no group (reported). */
static bool has_group(struct load *l, const struct spot *at,
    const char *example)
{
	if (spot_is_false(at))
		return false;
	if (!spot_is_group(at))
		spot_bad(l, at, "must be a group, %s, or false", example);
	return spot_is_group(at);
}

void read_health(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;

	pool->health.on = has_group(l, at, "health = { path = \"/\"; };");
	if (pool->health.on)
		read_group_into(l, at, pool);
}

void read_passive(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;
	struct spot defaults = *at;

	defaults.setting = NULL;
	if (at->setting == NULL) {
		read_group_into(l, at, pool);
	} else if (has_group(l, at, "passive = { failures = 5; };")) {
		read_group_into(l, at, pool);
	} else {
		read_group_into(l, &defaults, pool);
		pool->passive.failures = 0;
	}
}

void read_sticky(struct load *l, const struct spot *at)
{
	if (has_group(l, at, "sticky = { cookie = \"route\"; };"))
		read_group_into(l, at, at->base);
}

void read_cookie(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);

	if (text && (!read_is_token(slice_str(text))
	    || strlen(text) > NAME_MOST))
		spot_bad(l, at, "is \"%s\", which is no name of a cookie; "
		    "write 1 to %d letters, digits, \"-\" and \"_\", as "
		    "\"route\"", text, NAME_MOST);
	else if (text)
		*(struct slice *)spot_target(at) = slice_str(text);
}

/* It is not shown: what is wrong with it may stand in a log. */
void read_secret(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);
	struct slice s = text ? slice_str(text) : SLICE("");

	if (text && (s.n < SECRET_LEAST || s.n > SECRET_MOST))
		spot_bad(l, at, "has %zu bytes; right is %d to %d, that "
		    "nobody can guess", s.n, SECRET_LEAST, SECRET_MOST);
	else if (text)
		*(struct slice *)spot_target(at) = s;
}

void read_check_path(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);
	struct slice s = text ? slice_str(text) : SLICE("");

	if (text == NULL || !read_uri_part(l, at, s, s))
		return;
	if (s.n > PATH_MOST)
		spot_bad(l, at, "has %zu bytes; %d are the most", s.n,
		    PATH_MOST);
	else if (*text != '/' || strchr(text, '#'))
		spot_bad(l, at, "is \"%s\"; %s", text, *text == '/'
		    ? "what a backend is asked for has no \"#\""
		    : "a path begins with \"/\"");
	*(struct slice *)spot_target(at) = s;
}

void read_check_host(struct load *l, const struct spot *at)
{
	char *text = spot_text(l, at);
	const char *wrong;

	if (text == NULL)
		return;
	for (char *p = text; *p; p++)
		*p = ascii_lower(*p);
	wrong = read_wrong_host(slice_str(text));
	if (wrong)
		spot_bad(l, at, "is \"%s\", which %s", text, wrong);
	*(struct slice *)spot_target(at) = slice_str(text);
}

void read_method(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);
	const char *wrong = text ? read_wrong_method(slice_str(text)) : NULL;

	if (text && strlen(text) > NAME_MOST)
		spot_bad(l, at, "has %zu bytes; %d are the most",
		    strlen(text), NAME_MOST);
	else if (wrong)
		spot_bad(l, at, "is \"%s\", which %s", text, wrong);
	else if (text)
		*(struct slice *)spot_target(at) = slice_str(text);
}

struct range {
	uint64_t low, high;
};

static bool parse_range(struct slice text, struct range *to)
{
	struct slice rest = text;

	if (!slice_u64(slice_cut(&rest, '-'), &to->low))
		return false;
	to->high = to->low;
	return rest.p == NULL || slice_u64(rest, &to->high);
}

/* 204, "204" or "200-299". */
static bool read_range(struct load *l, const struct spot *item,
    struct range *to)
{
	const char *text;
	long long v;

	if (!spot_is_text(item)) {
		if (!spot_number(l, item, &v))
			return false;
		if (v < 0)
			spot_bad(l, item, "has %lld; right is %u to %u", v,
			    (unsigned)item->key->least,
			    (unsigned)item->key->most);
		*to = (struct range){(uint64_t)v, (uint64_t)v};
		return v >= 0;
	}
	text = spot_text(l, item);
	if (text && parse_range(slice_str(text), to))
		return true;
	if (text)
		spot_bad(l, item, "has \"%s\"; write a status as 204, or a "
		    "range as \"200-399\"", text);
	return false;
}

static void add_range(struct load *l, const struct spot *item,
    struct conf_statuses *to)
{
	const struct keyword *k = item->key;
	struct range r;

	if (!read_range(l, item, &r))
		return;
	if (r.low > r.high) {
		spot_bad(l, item, "has a range that ends before it begins; "
		    "write it as \"200-399\"");
		return;
	}
	if (r.low < k->least || r.high > k->most) {
		spot_bad(l, item, "has %lld; right is %u to %u",
		    (long long)(r.low < k->least ? r.low : r.high),
		    (unsigned)k->least, (unsigned)k->most);
		return;
	}
	for (uint64_t s = r.low; s <= r.high; s++)
		to->bits[s / 64] |= UINT64_C(1) << s % 64;
}

void read_status_set(struct load *l, const struct spot *at)
{
	unsigned n = spot_count(l, at);

	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list; leave it out for "
		    "\"200-399\"");
	for (unsigned i = 0; i < n; i++) {
		struct spot item = spot_item(at, i);
		add_range(l, &item, spot_target(at));
	}
}

void read_body_re(struct load *l, const struct spot *at)
{
	struct conf_pool *pool = at->base;
	char wrong[REGEX_WRONG];
	const char *text = spot_bytes(l, at);

	if (text == NULL)
		return;
	pool->health.body_not = *text == '!';
	if (!read_compile(l, text + pool->health.body_not,
	    &pool->health.body_re, wrong))
		spot_bad(l, at, "%s", wrong);
}
