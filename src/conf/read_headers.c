/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the fields that are hidden, removed, set, added, asked for. */
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/template.h"

/* They are of the connection and the framing, which are ours. */
static const char *const owned[] = {"Connection", "Keep-Alive",
	"Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
	"Content-Length", "Expect", NULL};

bool read_is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')
		    && !memchr("!#$%&'*+-.^_`|~", c, 15))
			return false;
	}
	return s.n > 0;
}

static const char *check_field(struct slice text)
{
	return read_is_token(text) ? NULL
	    : "is no field name; write \"X-Powered-By\"";
}

void read_fields(struct load *l, const struct spot *at)
{
	*(struct conf_list *)spot_target(at) = spot_list(l, at, check_field);
}

static const char *check_edited(struct slice text)
{
	for (const char *const *name = owned; *name; name++)
		if (slice_caseeq(text, slice_str(*name)))
			return "belongs to the connection; it is written "
			       "anew for each, and cannot be changed";
	return check_field(text);
}

static const char *check_requested(struct slice text)
{
	if (slice_caseeq(text, SLICE("Host")))
		return "is for the pool to say; write host = \"NAME\"; there";
	return check_edited(text);
}

typedef const char *check_name(struct slice text);

static check_name *name_check(const struct spot *at)
{
	return slice_ends(slice_str(at->key->group), SLICE(".request"))
	    ? check_requested : check_edited;
}

void read_remove(struct load *l, const struct spot *at)
{
	*(struct conf_list *)spot_target(at) = spot_list(l, at,
	    name_check(at));
}

/* The values of a field; several only where they do not replace each other. */
static void read_values(struct load *l, const struct spot *field,
    struct slice name, struct conf_edit *to, unsigned *n)
{
	unsigned count = spot_count(l, field);

	if (spot_is_empty(field))
		spot_bad(l, field, "has \"%s\" without a value; write "
		    "%s = \"VALUE\";", name.p, name.p);
	for (unsigned i = 0; i < count; i++) {
		struct spot value = spot_item(field, i);
		to[*n].name = name;
		if (!spot_is_text(&value))
			spot_bad(l, &value, "has \"%s\", which is no string; "
			    "write %s = \"VALUE\";", name.p, name.p);
		else if (template_compile(l, &value, template_places,
		    &to[*n].value))
			++*n;
	}
}

static bool has_name(const struct conf_edit *edits, unsigned n,
    struct slice name)
{
	for (unsigned i = 0; i < n; i++)
		if (slice_caseeq(edits[i].name, name))
			return true;
	return false;
}

static void read_field(struct load *l, const struct spot *at,
    config_setting_t *member, struct conf_edit *to, unsigned *n)
{
	bool set = strcmp(at->key->name, "set") == 0;
	struct slice name = slice_str(heap_copy(l->conf,
	    slice_str(config_setting_name(member))));
	const char *wrong = name_check(at)(name);
	struct spot field = *at;

	field.setting = member;
	if (wrong)
		spot_bad(l, &field, "has \"%s\", which %s", name.p, wrong);
	else if (set && has_name(to, *n, name))
		spot_bad(l, &field, "has \"%s\" twice; the second would "
		    "replace the first", name.p);
	else if (set && !spot_is_text(&field))
		spot_bad(l, &field, "has \"%s\", which is no string; write "
		    "%s = \"VALUE\";", name.p, name.p);
	else
		read_values(l, &field, name, to, n);
}

/* Each of the members may be a list of as many values as the key allows. */
static unsigned count_values(struct load *l, const struct spot *at)
{
	unsigned members = spot_length(l, at), n = 0;

	for (unsigned i = 0; i < members; i++) {
		config_setting_t *s = config_setting_get_elem(at->setting, i);
		int length = config_setting_length(s);
		n += length > 1 ? (unsigned)length : 1;
	}
	if (n > at->key->most)
		spot_bad(l, at, "has %u values; %u are the most", n,
		    (unsigned)at->key->most);
	return n > at->key->most ? 0 : n;
}

void read_edits(struct load *l, const struct spot *at)
{
	struct conf_edits *edits = spot_target(at);
	bool set = strcmp(at->key->name, "set") == 0;
	struct conf_edit **to = set ? &edits->set : &edits->add;
	unsigned *n = set ? &edits->nset : &edits->nadd;

	*n = 0;
	if (!spot_is_group(at)) {
		spot_bad(l, at, "must be a group: %s = { NAME = \"VALUE\"; };",
		    at->key->name);
		return;
	}
	unsigned room = count_values(l, at);
	*to = heap_alloc(l->conf, room, sizeof **to);
	unsigned members = room ? (unsigned)config_setting_length(at->setting)
	    : 0;
	for (unsigned i = 0; i < members; i++)
		read_field(l, at, config_setting_get_elem(at->setting, i),
		    *to, n);
}

/* True if it is one of the groups of the policy, and then it is read. */
static bool read_direction(struct load *l, const struct spot *at,
    config_setting_t *member)
{
	struct spot part = spot_member(at, heap_printf(l->conf,
	    "headers of %s", at->title), at->base,
	    config_setting_name(member));

	if (part.key == NULL || !config_setting_is_group(member))
		return false;
	read_group(l, &part);
	return true;
}

static void refuse_member(struct load *l, const struct spot *at,
    config_setting_t *member, bool route)
{
	struct spot item = *at;

	item.setting = member;
	spot_bad(l, &item, "has \"%s\"; %s", config_setting_name(member),
	    route ? "right is NAME = \"REGEX\"; for a condition, and what "
	    "changes fields stands in request = { ... }; and "
	    "response = { ... };"
	    : "right is request = { ... }; and response = { ... };, and "
	    "conditions stand in routes");
}

/* In a route strings are conditions, and the groups are the policy. */
void read_headers(struct load *l, const struct spot *at)
{
	bool route = keyword_is_of_route(at->key);
	struct conf_named_regexes *to = route
	    ? &((struct conf_route *)at->base)->match.headers : NULL;
	unsigned n = spot_is_group(at) ? spot_length(l, at) : 0;

	if (!spot_is_group(at))
		spot_bad(l, at, "must be a group: headers = { ... };");
	if (route)
		to->at = heap_alloc(l->conf, n, sizeof *to->at);
	for (unsigned i = 0; i < n; i++) {
		config_setting_t *s = config_setting_get_elem(at->setting, i);
		if (read_direction(l, at, s))
			continue;
		if (route && config_setting_type(s) == CONFIG_TYPE_STRING)
			read_condition(l, at, s, to);
		else
			refuse_member(l, at, s, route);
	}
}
