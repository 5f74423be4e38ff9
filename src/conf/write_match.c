/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the conditions of routes. */
#include "conf/dump.h"

void write_methods(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_list *list = dump_source(k, base);

	if (list->n)
		dump_texts(d, k->name, list);
}

void write_path(struct dump *d, const struct keyword *k, const void *base)
{
	const struct slice *path = dump_source(k, base);

	if (path->p)
		dump_text(d, k->name, *path);
}

void write_regex(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_regex *re = dump_source(k, base);

	if (re->text)
		dump_text(d, k->name, slice_str(re->text));
}

void write_listener_names(struct dump *d, const struct keyword *k,
    const void *base)
{
	const uint64_t *listeners = dump_source(k, base);
	const struct conf *conf = d->conf;
	bool first = true;

	if (*listeners == 0)
		return;
	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		if (!(*listeners >> i & 1))
			continue;
		fprintf(d->to, "%s\"%s\"", first ? " " : ", ",
		    conf->listeners[i].name);
		first = false;
	}
	fputs(" ];\n", d->to);
}

void write_named(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_named_regexes *list = dump_source(k, base);

	if (list->n == 0)
		return;
	dump_open(d, k->name);
	dump_conditions(d, list);
	dump_close(d);
}

void write_clients(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_networks *list = dump_source(k, base);

	if (list->n)
		write_networks(d, k, base);
}

void write_nots(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	if (route->nnots)
		dump_list(d, k, route->nots, route->nnots,
		    sizeof *route->nots);
}
