/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the directives of Cache-Control and of CDN-Cache-Control. */
#include "http/cachecontrol.h"

#include <stddef.h>

#include "http/field.h"
#include "http/sf.h"
#include "http/token.h"

#define SECONDS_MOST INT64_C(0x80000000) /* RFC 9111, 1.2.2 */

/* What a directive takes: nothing, names of fields or nothing, seconds. */
enum takes { FLAG, NAMES, SECONDS };

static const struct {
	struct slice name;
	enum takes takes;
	size_t at;     /* flag, or seconds */
	size_t names;
	bool least;    /* of two the smaller is the stricter */
} directives[] = {
#define TEXT(text) {text, sizeof(text) - 1}
#define AT(member) offsetof(struct cachecontrol, member)
	{TEXT("max-age"), SECONDS, AT(max_age), 0, true},
	{TEXT("s-maxage"), SECONDS, AT(s_maxage), 0, true},
	{TEXT("no-cache"), NAMES, AT(no_cache), AT(no_cache_fields), false},
	{TEXT("no-store"), FLAG, AT(no_store), 0, false},
	{TEXT("private"), NAMES, AT(is_private), AT(private_fields), false},
	{TEXT("public"), FLAG, AT(is_public), 0, false},
	{TEXT("must-revalidate"), FLAG, AT(must_revalidate), 0, false},
	{TEXT("proxy-revalidate"), FLAG, AT(proxy_revalidate), 0, false},
	{TEXT("must-understand"), FLAG, AT(must_understand), 0, false},
	{TEXT("only-if-cached"), FLAG, AT(only_if_cached), 0, false},
	{TEXT("min-fresh"), SECONDS, AT(min_fresh), 0, false},
	{TEXT("max-stale"), SECONDS, AT(max_stale), 0, true},
	{TEXT("stale-while-revalidate"), SECONDS, AT(stale_while_revalidate),
	    0, true},
	{TEXT("stale-if-error"), SECONDS, AT(stale_if_error), 0, true},
#undef TEXT
};

static const struct slice none;

#define DIRECTIVES (sizeof(directives) / sizeof(directives[0]))

static bool *flag_of(struct cachecontrol *cc, size_t at)
{
	return (bool *)(void *)((char *)cc + at);
}

static int64_t *seconds_of(struct cachecontrol *cc, size_t at)
{
	return (int64_t *)(void *)((char *)cc + at);
}

static struct slice *names_of(struct cachecontrol *cc, size_t at)
{
	return (struct slice *)(void *)((char *)cc + at);
}

static void clear(struct cachecontrol *cc)
{
	size_t i;

	memset(cc, 0, sizeof(*cc));
	for (i = 0; i < DIRECTIVES; i++)
		if (directives[i].takes == SECONDS)
			*seconds_of(cc, directives[i].at) = CACHECONTROL_NONE;
}

/* DIRECTIVES if nobody knows it. */
static size_t find(struct slice name)
{
	size_t i;

	for (i = 0; i < DIRECTIVES; i++)
		if (slice_caseeq(name, directives[i].name))
			break;
	return i;
}

static int64_t strictest(size_t i)
{
	return directives[i].least ? 0 : SECONDS_MOST;
}

/* delta-seconds; those that no counter can hold are very many. */
static int64_t parse_seconds(struct slice s, int64_t otherwise)
{
	uint64_t value;

	if (!token_all(s, TOKEN_DIGIT))
		return otherwise;
	if (!slice_u64(s, &value) || value > (uint64_t)SECONDS_MOST)
		return SECONDS_MOST;
	return (int64_t)value;
}

static void set_seconds(struct cachecontrol *cc, size_t i, int64_t value)
{
	int64_t *to = seconds_of(cc, directives[i].at);

	if (*to == CACHECONTROL_NONE || (value < *to) == directives[i].least)
		*to = value;
}

static bool are_names(struct slice list)
{
	struct slice name;
	bool any = false;

	while (field_next_item(&list, &name)) {
		if (!token_is(name))
			return false;
		any = true;
	}
	return any;
}

/* A list that says nothing, or nothing that we can read, means everything. */
static void set_names(struct cachecontrol *cc, size_t i, struct slice list)
{
	struct slice *to = names_of(cc, directives[i].names);
	bool *all = flag_of(cc, directives[i].at);

	if (*all || to->n > 0 || !are_names(list)) {
		*all = true;
		*to = none;
		return;
	}
	*to = list;
}

/* Of a quoted string what stands between the quotes: escapes are in no value
 * that any directive can have. */
static struct slice unquote(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return slice_make(s.p + 1, s.n - 2);
	return s;
}

static void set_directive(struct cachecontrol *cc, struct slice name,
    struct slice value, bool has_value)
{
	size_t i = find(name);

	if (i == DIRECTIVES)
		return;
	if (directives[i].takes == FLAG)
		*flag_of(cc, directives[i].at) = true;
	else if (directives[i].takes == NAMES)
		set_names(cc, i, value);
	else if (!has_value && directives[i].at == AT(max_stale))
		set_seconds(cc, i, CACHECONTROL_ANY);
	else
		set_seconds(cc, i, parse_seconds(value, strictest(i)));
}

/* Blanks round the '=' are against the grammar: there is then a name that is
 * ours, and a value that is none. */
static void read_directive(struct cachecontrol *cc, struct slice item)
{
	struct slice value = item;
	struct slice name = slice_cut(&value, '=');
	bool has_value = value.p != NULL;

	cc->any = true;
	if (slice_trim(name).n < name.n || slice_trim(value).n < value.n)
		value = none;
	set_directive(cc, slice_trim(name), unquote(value), has_value);
}

void cachecontrol_of(const struct head *h, bool is_request,
    struct cachecontrol *to)
{
	const struct field *f = head_find(h, FIELD_CACHE_CONTROL);
	struct slice rest, item;

	clear(to);
	if (!f && is_request)
		to->no_cache = head_has_item(h, FIELD_PRAGMA,
		    SLICE("no-cache"));
	for (; f; f = head_find_next(h, f)) {
		rest = f->value;
		while (field_next_item(&rest, &item))
			read_directive(to, item);
	}
}

/* False: its type is not that which the directive's value has in Cache-Control,
 * so it is not to be used (RFC 9213, 2.1). The last of several counts. */
static bool set_member(struct cachecontrol *cc, size_t i,
    const struct sf_item *item)
{
	const enum takes takes = directives[i].takes;
	int64_t seconds = item->integer;

	if (takes == SECONDS && item->type == SF_INTEGER) {
		if (seconds < 0)
			seconds = strictest(i);
		if (seconds > SECONDS_MOST)
			seconds = SECONDS_MOST;
		*seconds_of(cc, directives[i].at) = seconds;
	} else if (takes != SECONDS && item->type == SF_BOOLEAN) {
		*flag_of(cc, directives[i].at) = item->integer != 0;
		if (takes == NAMES)
			*names_of(cc, directives[i].names) = none;
	} else if (takes == NAMES &&
	    (item->type == SF_STRING || item->type == SF_TOKEN)) {
		*flag_of(cc, directives[i].at) = false;
		*names_of(cc, directives[i].names) = none;
		set_names(cc, i, item->text);
	} else {
		return false;
	}
	return true;
}

/* Members that nobody knows count as something said. */
static bool read_members(struct cachecontrol *cc, struct slice rest)
{
	struct slice key;
	struct sf_item item;
	bool bad;
	size_t i;

	while (sf_next_member(&rest, &key, &item, &bad)) {
		i = find(key);
		if (i == DIRECTIVES || set_member(cc, i, &item))
			cc->any = true;
	}
	return !bad;
}

bool cachecontrol_targeted(const struct head *h, struct cachecontrol *to)
{
	const struct field *f;

	clear(to);
	for (f = head_find(h, FIELD_CDN_CACHE_CONTROL); f;
	    f = head_find_next(h, f))
		if (!read_members(to, f->value))
			return false;
	return to->any;
}

bool cachecontrol_of_response(const struct head *h, struct cachecontrol *to)
{
	if (cachecontrol_targeted(h, to))
		return true;
	cachecontrol_of(h, false, to);
	return false;
}
