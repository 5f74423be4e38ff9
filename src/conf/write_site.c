/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the keys of sites and routes. */
#include "conf/dump.h"

void write_sites(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf *conf = base;

	dump_open(d, k->name);
	for (unsigned i = 0; i < conf->nsites; i++) {
		dump_open(d, conf->sites[i].name);
		dump_group(d, "sites.NAME", &conf->sites[i]);
		dump_close(d);
	}
	dump_close(d);
}

void write_routes(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_site *site = base;
	char path[KEYWORD_PATH];

	keyword_path(k, "", path);
	dump_indent(d);
	fprintf(d->to, "%s = (\n", k->name);
	d->depth++;
	for (unsigned i = 0; i < site->nroutes; i++) {
		dump_indent(d);
		fputs("{\n", d->to);
		d->depth++;
		dump_group(d, path, &site->routes[i]);
		d->depth--;
		dump_indent(d);
		fputs(i + 1 < site->nroutes ? "},\n" : "}\n", d->to);
	}
	d->depth--;
	dump_indent(d);
	fputs(");\n", d->to);
}

/* The object keeps ".x" for the host "*.x". */
static void print_list(struct dump *d, const char *name,
    const struct conf_list *list, bool hosts)
{
	dump_indent(d);
	fprintf(d->to, "%s = [", name);
	for (unsigned i = 0; i < list->n; i++) {
		struct slice s = list->at[i];
		fputs(i ? ", " : " ", d->to);
		if (hosts && s.p[0] == '.')
			fprintf(d->to, "\"*%.*s\"", SLICE_FMT(s));
		else
			dump_quoted(d, s);
	}
	fputs(" ];\n", d->to);
}

void write_hosts(struct dump *d, const struct keyword *k, const void *base)
{
	print_list(d, k->name, dump_source(k, base), true);
}

void write_fields(struct dump *d, const struct keyword *k, const void *base)
{
	print_list(d, k->name, dump_source(k, base), false);
}

/* What comes from the site stands there. */
void write_hide(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	for (unsigned i = 0; i < d->conf->nsites; i++)
		if (route->policy.hide.at == d->conf->sites[i].policy.hide.at)
			return;
	print_list(d, k->name, &route->policy.hide, false);
}

void write_methods(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_list *list = dump_source(k, base);

	if (list->n)
		print_list(d, k->name, list, false);
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
	const struct conf_route *route = base;
	const struct conf *conf = d->conf;
	bool first = true;

	if (route->match.listeners == 0)
		return;
	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		if (!(route->match.listeners >> i & 1))
			continue;
		fprintf(d->to, "%s\"%s\"", first ? " " : ", ",
		    conf->listeners[i].name);
		first = false;
	}
	fputs(" ];\n", d->to);
}

void write_pool(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	if (route->action == CONF_POOL)
		dump_text(d, k->name, slice_str(route->pool->name));
}

void write_redirect(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_route *route = base;

	if (route->action == CONF_REDIRECT)
		write_group(d, k, base);
}

void write_respond(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	if (route->action == CONF_RESPOND)
		write_group(d, k, base);
}

void write_deny(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	if (route->action == CONF_DENY)
		write_count(d, k, base);
}

void write_target(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_template *to = dump_source(k, base);

	dump_text(d, k->name, to->source);
}

void write_body(struct dump *d, const struct keyword *k, const void *base)
{
	dump_text(d, k->name, *(const struct slice *)dump_source(k, base));
}

void write_media(struct dump *d, const struct keyword *k, const void *base)
{
	write_body(d, k, base);
}
