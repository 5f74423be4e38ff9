/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the policy's keys: what becomes of the path, and who may. */
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/template.h"

static bool is_uri_byte(char c)
{
	return c > ' ' && c <= '~' && !strchr("\"<>\\^`{|}", c);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a'
	    && ascii_lower(c) <= 'f');
}

static bool begins_code(struct slice s)
{
	return s.n > 2 && is_hex(s.p[1]) && is_hex(s.p[2]);
}

static void refuse_byte(struct load *l, const struct spot *at,
    struct slice text, char c)
{
	bool shown = c >= ' ' && c <= '~';

	spot_bad(l, at, "is \"%.*s\"; %s%.*s%s is written as \"%%%02X\" in a "
	    "URI", SLICE_FMT(text), shown ? "\"" : "a byte that is not ASCII",
	    shown, &c, shown ? "\"" : "", (unsigned char)c);
}

bool read_uri_part(struct load *l, const struct spot *at,
    struct slice text, struct slice part)
{
	for (; part.n; part = slice_make(part.p + 1, part.n - 1)) {
		char c = part.p[0];
		if (is_uri_byte(c) && (c != '%' || begins_code(part)))
			continue;
		refuse_byte(l, at, text, c);
		return false;
	}
	return true;
}

bool read_uri_template(struct load *l, const struct spot *at,
    struct conf_template *to)
{
	if (!template_compile(l, at, template_places, to))
		return false;
	for (unsigned i = 0; i < to->n; i++)
		if (!read_uri_part(l, at, to->source, to->at[i].text))
			return false;
	return true;
}

/* "/a/" is "/a", and "/" is nothing: borders of segments are ours. */
void read_prefix(struct load *l, const struct spot *at)
{
	const char *text = spot_text(l, at);
	struct slice s = slice_str(text);

	if (text == NULL)
		return;
	if (s.n && *text != '/')
		spot_bad(l, at, "is \"%s\"; a path begins with \"/\"", text);
	else if (strpbrk(text, "?#"))
		spot_bad(l, at, "is \"%s\"; a path has neither \"?\" nor "
		    "\"#\"", text);
	else
		read_uri_part(l, at, s, s);
	while (s.n && s.p[s.n - 1] == '/')
		s.n--;
	*(struct slice *)spot_target(at) = s;
}

void read_rewrite_to(struct load *l, const struct spot *at)
{
	struct conf_template *to = spot_target(at);

	if (!read_uri_template(l, at, to))
		return;
	if (!template_starts(to, SLICE("/")))
		spot_bad(l, at, "is \"%s\"; a path begins with \"/\"",
		    to->source.p);
	else if (strchr(to->source.p, '#'))
		spot_bad(l, at, "is \"%s\"; what a backend is asked for has "
		    "no \"#\"", to->source.p);
}

void read_rewrite(struct load *l, const struct spot *at)
{
	struct conf_policy *policy = keyword_policy(at->key, at->base);

	memset(&policy->rewrite, 0, sizeof policy->rewrite);
	policy->rewrite.to.source = SLICE("");
	if (spot_is_false(at))
		return;
	if (!spot_is_group(at)) {
		spot_bad(l, at, "must be a group, rewrite = { re = "
		    "\"^/a(.*)\"; to = \"/b{1}\"; };, or false");
		return;
	}
	read_group_into(l, at, at->base);
	if (policy->rewrite.re.code == NULL)
		return;
	if (template_captures(&policy->rewrite.to)
	    > regex_groups(policy->rewrite.re.code))
		spot_bad(l, at, "has \"{%u}\" in \"to\", and \"re\" has fewer "
		    "groups", template_captures(&policy->rewrite.to));
}

void read_allow(struct load *l, const struct spot *at)
{
	if (spot_is_false(at)) {
		*(struct conf_networks *)spot_target(at) =
		    (struct conf_networks){NULL, 0};
		return;
	}
	read_networks(l, at);
	if (spot_is_empty(at))
		spot_bad(l, at, "is an empty list, and so nobody would be let "
		    "in; write false for everybody, or deny = 403 in a "
		    "route");
}
