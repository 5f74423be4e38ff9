/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the keys of sites, and of the actions of routes. */
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

	d->site = &site->policy;
	dump_list(d, k, site->routes, site->nroutes, sizeof *site->routes);
	d->site = NULL;
}

/* The object keeps ".x" for the host "*.x". */
void write_hosts(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_list *list = dump_source(k, base);

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < list->n; i++)
		fprintf(d->to, "%s\"%s%.*s\"", i ? ", " : " ",
		    list->at[i].p[0] == '.' ? "*" : "",
		    SLICE_FMT(list->at[i]));
	fputs(" ];\n", d->to);
}

void write_pool(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	if (route->action == CONF_POOL)
		dump_text(d, k->name, slice_str(route->pool->name));
}

void write_split(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_route *route = base;

	if (route->action != CONF_SPLIT)
		return;
	dump_open(d, k->name);
	for (unsigned i = 0; i < route->nsplit; i++) {
		dump_indent(d);
		fprintf(d->to, "%s = %u;\n", route->split[i].pool->name,
		    route->split[i].weight);
	}
	dump_close(d);
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
	const struct conf_route *route = base;

	if (route->respond.file == NULL)
		dump_text(d, k->name, route->respond.body);
}

void write_media(struct dump *d, const struct keyword *k, const void *base)
{
	dump_text(d, k->name, *(const struct slice *)dump_source(k, base));
}

void write_page(struct dump *d, const struct keyword *k, const void *base)
{
	write_text(d, k, base);
}

void write_statuses(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_error_page *page = base;

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned i = 0; i < page->nstatus; i++)
		fprintf(d->to, "%s%u", i ? ", " : " ", page->status[i]);
	fputs(" ];\n", d->to);
}
