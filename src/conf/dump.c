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

void dump_group(struct dump *d, const char *path, const void *base)
{
	for (unsigned i = 0; i < keyword_count; i++) {
		const struct keyword *k = &keyword_table[i];
		if (strcmp(k->group, path) == 0)
			writers[k->type](d, k, base);
	}
}

void conf_dump(const struct conf *conf, FILE *to)
{
	struct dump d = {to, conf, 0};

	dump_group(&d, "", conf);
}
