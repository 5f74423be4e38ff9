/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of what the master keeps beside it: commands, changes, resolvers. */
#include "conf/dump.h"

void write_folder(struct dump *d, const struct keyword *k, const void *base)
{
	write_file(d, k, base);
}

void write_control(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf *conf = base;

	if (conf->control.path)
		dump_members(d, k, base);
	else
		dump_false(d, k);
}

void write_socket(struct dump *d, const struct keyword *k, const void *base)
{
	write_text(d, k, base);
}

void write_mode(struct dump *d, const struct keyword *k, const void *base)
{
	const unsigned *mode = dump_source(k, base);

	dump_indent(d);
	fprintf(d->to, "%s = \"%04o\";\n", k->name, *mode);
}

void write_resolvers(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf *conf = base;
	char text[ADDR_TEXT];

	if (conf->nresolvers == 0)
		return;
	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < conf->nresolvers; i++) {
		size_t n = addr_format(&conf->resolvers[i], text);
		fputs(i ? ", " : " ", d->to);
		dump_quoted(d, slice_make(text, n));
	}
	fputs(" ];\n", d->to);
}
