/* SPDX-License-Identifier: BSD-2-Clause */
/* The effective configuration as a file: portico -T. */
#include "conf/dump.h"

static dump_writer *const writers[] = {
#define TYPE(id, function, name) [KEY_##id] = write_##function,
	KEYWORD_TYPES
#undef TYPE
};

const void *dump_source(const struct keyword *k, const void *base)
{
	return (const char *)base + k->at;
}

void dump_indent(struct dump *d)
{
	for (unsigned i = 0; i < d->depth; i++)
		putc('\t', d->to);
}

void dump_open(struct dump *d, const char *name)
{
	dump_indent(d);
	fprintf(d->to, "%s = {\n", name);
	d->depth++;
}

void dump_close(struct dump *d)
{
	d->depth--;
	dump_indent(d);
	fputs("};\n", d->to);
}

void dump_quoted(struct dump *d, struct slice text)
{
	putc('"', d->to);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '"' || c == '\\')
			fprintf(d->to, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", d->to);
		else if (c < 0x20 || c == 0x7f)
			fprintf(d->to, "\\x%02x", c);
		else
			putc(c, d->to);
	}
	putc('"', d->to);
}

void dump_text(struct dump *d, const char *name, struct slice text)
{
	dump_indent(d);
	fprintf(d->to, "%s = ", name);
	dump_quoted(d, text);
	fputs(";\n", d->to);
}

void dump_texts(struct dump *d, const char *name,
    const struct conf_list *list)
{
	dump_indent(d);
	fprintf(d->to, "%s = [", name);
	for (unsigned i = 0; i < list->n; i++) {
		fputs(i ? ", " : " ", d->to);
		dump_quoted(d, list->at[i]);
	}
	fputs(" ];\n", d->to);
}

void dump_conditions(struct dump *d, const struct conf_named_regexes *list)
{
	for (unsigned i = 0; i < list->n; i++)
		dump_text(d, list->at[i].name.p,
		    slice_str(list->at[i].re.text));
}

void dump_false(struct dump *d, const struct keyword *k)
{
	dump_indent(d);
	fprintf(d->to, "%s = false;\n", k->name);
}

/* A copy shares what it points to: the bytes are the same. */
bool dump_is_inherited(const struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_route *route = base;

	if (d->site == NULL || !keyword_is_inherited(k))
		return false;
	const char *ours = dump_source(k, base);
	ptrdiff_t at = ours - (const char *)&route->policy;
	return memcmp(ours, (const char *)d->site + at, k->width) == 0;
}

void dump_group(struct dump *d, const char *path, const void *base)
{
	for (unsigned i = 0; i < keyword_count; i++) {
		const struct keyword *k = &keyword_table[i];
		if (strcmp(k->group, path) == 0
		    && !dump_is_inherited(d, k, base))
			writers[k->type](d, k, base);
	}
}

void dump_members(struct dump *d, const struct keyword *k, const void *base)
{
	char path[KEYWORD_PATH];

	keyword_path(k, "", path);
	dump_open(d, k->name);
	dump_group(d, path, base);
	dump_close(d);
}

void dump_open_list(struct dump *d, const struct keyword *k, unsigned n)
{
	dump_indent(d);
	fprintf(d->to, "%s = (", k->name);
	fputs(n ? "\n" : " ", d->to);
	d->depth++;
}

void dump_item(struct dump *d, const struct keyword *k, const void *item,
    bool last)
{
	char path[KEYWORD_PATH];

	keyword_path(k, "", path);
	dump_indent(d);
	fputs("{\n", d->to);
	d->depth++;
	dump_group(d, path, item);
	d->depth--;
	dump_indent(d);
	fputs(last ? "}\n" : "},\n", d->to);
}

void dump_close_list(struct dump *d, unsigned n)
{
	d->depth--;
	if (n)
		dump_indent(d);
	fputs(");\n", d->to);
}

void dump_list(struct dump *d, const struct keyword *k, const void *at,
    unsigned n, size_t size)
{
	const char *item = at;

	dump_open_list(d, k, n);
	for (unsigned i = 0; i < n; i++, item += size)
		dump_item(d, k, item, i + 1 == n);
	dump_close_list(d, n);
}

void conf_dump(const struct conf *conf, FILE *to)
{
	struct dump d = {to, conf, 0, NULL};

	dump_group(&d, "", conf);
}
