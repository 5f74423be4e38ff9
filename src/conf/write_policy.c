/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the policy's keys. */
#include "conf/dump.h"

void write_fields(struct dump *d, const struct keyword *k, const void *base)
{
	dump_texts(d, k->name, dump_source(k, base));
}

void write_remove(struct dump *d, const struct keyword *k, const void *base)
{
	write_fields(d, k, base);
}

/* Several values of one name stand in a list. */
static unsigned write_field(struct dump *d, const struct conf_edit *edits,
    unsigned n)
{
	unsigned same = 1;

	while (same < n && slice_eq(edits[same].name, edits[0].name))
		same++;
	dump_indent(d);
	fprintf(d->to, "%.*s = %s", SLICE_FMT(edits[0].name),
	    same > 1 ? "[ " : "");
	for (unsigned i = 0; i < same; i++) {
		fputs(i ? ", " : "", d->to);
		dump_quoted(d, edits[i].value.source);
	}
	fputs(same > 1 ? " ];\n" : ";\n", d->to);
	return same;
}

void write_edits(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_edits *edits = dump_source(k, base);
	bool set = strcmp(k->name, "set") == 0;
	const struct conf_edit *at = set ? edits->set : edits->add;
	unsigned n = set ? edits->nset : edits->nadd;

	if (n == 0) {
		dump_indent(d);
		fprintf(d->to, "%s = { };\n", k->name);
		return;
	}
	dump_open(d, k->name);
	for (unsigned i = 0; i < n; )
		i += write_field(d, at + i, n - i);
	dump_close(d);
}

/* Whether a route's edits are not its site's. */
static bool differ(const struct conf_edits *a, const struct conf_edits *b)
{
	return a->remove.at != b->remove.at || a->set != b->set
	    || a->add != b->add;
}

static void write_direction(struct dump *d, const struct keyword *headers,
    const char *name, const void *base)
{
	char path[KEYWORD_PATH];

	keyword_path(headers, "", path);
	dump_members(d, keyword_find(path, name), base);
}

static void write_route_headers(struct dump *d, const struct keyword *k,
    const struct conf_route *route)
{
	const struct conf_policy *policy = &route->policy;
	bool request = differ(&policy->request, &d->site->request);
	bool response = differ(&policy->response, &d->site->response);

	if (!request && !response && route->match.headers.n == 0)
		return;
	dump_open(d, k->name);
	dump_conditions(d, &route->match.headers);
	if (request)
		write_direction(d, k, "request", route);
	if (response)
		write_direction(d, k, "response", route);
	dump_close(d);
}

void write_headers(struct dump *d, const struct keyword *k, const void *base)
{
	if (keyword_is_of_route(k))
		write_route_headers(d, k, base);
	else
		dump_members(d, k, base);
}

void write_prefix(struct dump *d, const struct keyword *k, const void *base)
{
	dump_text(d, k->name, *(const struct slice *)dump_source(k, base));
}

void write_rewrite(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_regex *re = dump_source(k, base);

	if (re->text)
		dump_members(d, k, base);
	else
		dump_false(d, k);
}

void write_rewrite_to(struct dump *d, const struct keyword *k,
    const void *base)
{
	write_target(d, k, base);
}

void write_allow(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_networks *list = dump_source(k, base);

	if (list->n)
		write_networks(d, k, base);
	else
		dump_false(d, k);
}

void write_errors(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_error_page *const *pages = dump_source(k, base);
	const struct conf_policy *policy = keyword_policy(k, (void *)base);

	dump_list(d, k, *pages, policy->nerrors, sizeof **pages);
}
