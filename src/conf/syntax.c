/* SPDX-License-Identifier: BSD-2-Clause */
/* What libconfig could not parse, in words of use. */
#include "conf/syntax.h"

#include "conf/load.h"

static bool is_word_char(char c)
{
	char l = ascii_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_'
	    || c == '-' || c == '*';
}

/* How many names on a line were taken before libconfig gave up. */
static unsigned count_on_line(config_setting_t *group, unsigned line)
{
	unsigned n = 0;

	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *s = config_setting_get_elem(group,
		    (unsigned)i);
		n += config_setting_name(s)
		    && config_setting_source_line(s) == line;
		if (config_setting_is_aggregate(s))
			n += count_on_line(s, line);
	}
	return n;
}

static struct slice find_line(const char *text, unsigned line)
{
	struct slice rest = slice_str(text), s = slice_cut(&rest, '\n');

	while (--line && rest.p)
		s = slice_cut(&rest, '\n');
	return s;
}

/* Cuts off up to the end of the next word that is followed by "=" or ":";
 * false if there is none. Strings are passed over. */
static bool next_name(struct slice *rest, struct slice *name)
{
	const char *p = rest->p, *end = p + rest->n;

	while (p < end) {
		const char *start = p;
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\' && end - p > 1;
			p += p < end;
			continue;
		}
		while (p < end && is_word_char(*p))
			p++;
		*name = slice_make(start, (size_t)(p - start));
		const char *after = p;
		while (after < end && (*after == ' ' || *after == '\t'))
			after++;
		p += name->n == 0;
		*rest = slice_make(p, (size_t)(end - p));
		if (name->n && after < end && (*after == '=' || *after == ':'))
			return true;
	}
	return false;
}

/* libconfig stops at a name that stands twice and does not say which: it is
 * the one behind those of its line that were taken. */
static void report_twice(struct load *l, const char *text, unsigned line)
{
	unsigned n = count_on_line(config_root_setting(&l->file), line);
	struct slice rest = find_line(text, line), name;

	do {
		if (!next_name(&rest, &name)) {
			report_error(&l->report, line, "a name stands twice "
			    "in its group; once is right");
			return;
		}
	} while (n--);
	report_error(&l->report, line, "\"%.*s\" stands twice in its group; "
	    "once is right", SLICE_FMT(name));
}

void syntax_report(struct load *l, const char *text)
{
	unsigned line = (unsigned)config_error_line(&l->file);
	const char *what = config_error_text(&l->file);

	if (what && strstr(what, "duplicate"))
		report_twice(l, text, line);
	else if (what && strstr(what, "mismatched"))
		report_error(&l->report, line, "what stands in [ ] is of one "
		    "type; write a list of several in ( )");
	else
		report_error(&l->report, line, "%s; look here and just "
		    "before for a missing \"=\", comma, quote or bracket, or "
		    "for a comma behind the last of a list",
		    what ? what : "syntax error");
}
