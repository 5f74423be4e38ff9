/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts with names in "{ }": compiled, and what they ask of a route. */
#include "conf/template.h"

#include "conf/heap.h"
#include "conf/read.h"
#include "conf/suggest.h"

#define NAMES 512 /* bytes of a list of names in a message */

const struct template_name template_places[] = {
#define PLACE(name, text, doc)                                                 \
	{text, PLACE_##name, PLACE_##name == PLACE_CAPTURE ? FORM_CAPTURE      \
	    : FORM_TEXT},
#include "conf/places.def"
#undef PLACE
	{NULL, 0, FORM_TEXT},
};

const struct template_name template_fields[] = {
#define LOG_FIELD(name, text, form, doc)                                       \
	{text, LOG_FIELD_##name, FORM_##form},
#include "conf/log_fields.def"
#undef LOG_FIELD
	{NULL, 0, FORM_TEXT},
};

/* A template that is being compiled. */
struct making {
	struct load *l;
	const struct spot *at;
	const struct template_name *names;
	struct conf_template *to;
	char *end; /* of the plain text so far */
};

static struct conf_part *last_part(struct making *m)
{
	return m->to->n ? &m->to->at[m->to->n - 1] : NULL;
}

static void add_byte(struct making *m, char c)
{
	struct conf_part *part = last_part(m);

	if (part == NULL || part->kind != 0) {
		part = &m->to->at[m->to->n++];
		part->text.p = m->end;
	}
	*m->end++ = c;
	part->text.n++;
}

static bool is_capture(const struct template_name *name, struct slice text)
{
	return name->form == FORM_CAPTURE && text.n == 1 && text.p[0] >= '1'
	    && text.p[0] <= '9';
}

/* All of them, where none is near. */
static void list_names(const struct template_name *names, char *to,
    size_t room)
{
	size_t n = 0;

	for (; names->text && n < room; names++)
		n += (size_t)snprintf(to + n, room - n, "%s{%s}",
		    n ? ", " : "; right is ", names->text);
}

static void refuse_name(struct making *m, struct slice text)
{
	const char *name = heap_copy(m->l->conf, text);
	char list[NAMES] = "";
	struct suggest near;

	suggest_init(&near, name);
	for (const struct template_name *t = m->names; t->text; t++)
		suggest_offer(&near, t->text);
	if (near.best == NULL)
		list_names(m->names, list, sizeof list);
	spot_bad(m->l, m->at, "has \"{%s}\", and there is no such name (the "
	    "brace itself is \"{{\")%s%s", name, suggest_tail(&near), list);
}

/* The argument of a name that takes one, and only of such a name. */
static bool check_argument(struct making *m,
    const struct template_name *name, struct slice argument)
{
	if (name->form == FORM_NAMED ? read_is_token(argument)
	    : argument.p == NULL)
		return true;
	if (name->form == FORM_NAMED)
		spot_bad(m->l, m->at, "has \"{%s}\" without the name of a "
		    "field; write \"{%s:User-Agent}\"", name->text,
		    name->text);
	else
		spot_bad(m->l, m->at, "has \"{%s:%.*s}\", and \"%s\" takes no "
		    "name; write \"{%s}\"", name->text, SLICE_FMT(argument),
		    name->text, name->text);
	return false;
}

static bool add_name(struct making *m, struct slice inside)
{
	struct slice argument = inside;
	struct slice text = slice_cut(&argument, ':');
	const struct template_name *name = m->names;

	while (name->text && !is_capture(name, text)
	    && !slice_eq(slice_str(name->text), text))
		name++;
	if (name->text == NULL) {
		refuse_name(m, text);
		return false;
	}
	if (!check_argument(m, name, argument))
		return false;
	struct conf_part *part = &m->to->at[m->to->n++];
	part->kind = name->kind;
	if (name->form == FORM_CAPTURE)
		part->number = (uint8_t)(text.p[0] - '0');
	part->text = argument.p ? argument : SLICE("");
	return true;
}

/* Where the text goes on behind a brace; NULL if that is wrong (reported). */
static const char *read_brace(struct making *m, const char *p)
{
	const char *end = strchr(p, '}');

	if (p[1] == p[0]) {
		add_byte(m, *p);
		return p + 2;
	}
	if (*p == '}')
		spot_bad(m->l, m->at, "has a \"}\" that closes nothing; write "
		    "\"}}\" for the brace itself");
	else if (end == NULL)
		spot_bad(m->l, m->at, "has a \"{\" that nothing closes; write "
		    "\"{{\" for the brace itself");
	else if (add_name(m, slice_make(p + 1, (size_t)(end - p - 1))))
		return end + 1;
	return NULL;
}

static bool compile(struct making *m, const char *p)
{
	while (p && *p) {
		if (*p == '{' || *p == '}')
			p = read_brace(m, p);
		else
			add_byte(m, *p++);
	}
	return p != NULL;
}

/* No more parts than twice the braces, and one. */
static size_t count_parts(const char *p)
{
	size_t n = 1;

	for (; *p; p++)
		n += *p == '{' || *p == '}' ? 2 : 0;
	return n;
}

bool template_compile(struct load *l, const struct spot *at,
    const struct template_name *names, struct conf_template *to)
{
	const char *text = spot_text(l, at);
	struct making m = {l, at, names, to, NULL};

	*to = (struct conf_template){.source = SLICE("")};
	if (text == NULL)
		return false;
	to->source = slice_str(text);
	to->at = heap_alloc(l->conf, count_parts(text), sizeof *to->at);
	load_mark(l, to->at, at->setting);
	m.end = heap_alloc(l->conf, to->source.n + 1, 1);
	bool good = compile(&m, text);
	if (good && to->source.n > TEMPLATE_MOST) {
		spot_bad(l, at, "has %zu bytes; at most %d are right",
		    to->source.n, TEMPLATE_MOST);
		good = false;
	}
	if (!good)
		to->n = 0;
	return good;
}

unsigned template_line(const struct load *l, const struct conf_template *t)
{
	return load_line(l, t->at);
}

unsigned template_captures(const struct conf_template *t)
{
	unsigned most = 0;

	for (unsigned i = 0; i < t->n; i++)
		if (t->at[i].kind == PLACE_CAPTURE && t->at[i].number > most)
			most = t->at[i].number;
	return most;
}

bool template_has(const struct conf_template *t, enum conf_place place)
{
	for (unsigned i = 0; i < t->n; i++)
		if (t->at[i].kind == place)
			return true;
	return false;
}

bool template_starts(const struct conf_template *t, struct slice text)
{
	return t->n && t->at[0].kind == PLACE_TEXT
	    && slice_starts(t->at[0].text, text);
}

bool template_starts_with(const struct conf_template *t,
    enum conf_place place)
{
	return t->n && t->at[0].kind == place;
}
