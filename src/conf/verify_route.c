/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes beside each other, and what their texts in "{ }" ask of them. */
#include "conf/verify_route.h"

#include "conf/load.h"
#include "conf/regex.h"
#include "conf/template.h"

static bool has_prefix(struct slice path, struct slice prefix)
{
	return slice_starts(path, prefix) && (path.n == prefix.n
	    || (prefix.n && prefix.p[prefix.n - 1] == '/')
	    || path.p[prefix.n] == '/');
}

/* Each of these is true if what b says is enough for what a says: whatever
 * b takes, a would. */

static bool covers_path(const struct conf_match *a,
    const struct conf_match *b)
{
	struct slice path = b->path_is.p ? b->path_is : b->path;

	if (a->path_re.text && (b->path_re.text == NULL
	    || strcmp(a->path_re.text, b->path_re.text) != 0))
		return false;
	if (a->path_is.p && !(b->path_is.p
	    && slice_eq(a->path_is, b->path_is)))
		return false;
	if (a->path.p == NULL || slice_eq(a->path, SLICE("/")))
		return true;
	return path.p && a->path.n && has_prefix(path, a->path);
}

static bool has_text(const struct conf_list *list, struct slice text)
{
	for (unsigned i = 0; i < list->n; i++)
		if (slice_eq(list->at[i], text))
			return true;
	return false;
}

static bool covers_methods(const struct conf_list *a,
    const struct conf_list *b)
{
	if (a->n && b->n == 0)
		return false;
	for (unsigned i = 0; i < b->n && a->n; i++)
		if (!has_text(a, b->at[i]))
			return false;
	return true;
}

static bool covers_listeners(uint64_t a, uint64_t b)
{
	return a == 0 || (b && (b & ~a) == 0);
}

static bool has_condition(const struct conf_named_regexes *list,
    const struct conf_named_regex *condition)
{
	for (unsigned i = 0; i < list->n; i++)
		if (slice_eq(list->at[i].name, condition->name)
		    && strcmp(list->at[i].re.text, condition->re.text) == 0)
			return true;
	return false;
}

static bool covers_named(const struct conf_named_regexes *a,
    const struct conf_named_regexes *b)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!has_condition(b, &a->at[i]))
			return false;
	return true;
}

static bool covers(const struct conf_route *first,
    const struct conf_route *second)
{
	const struct conf_match *a = &first->match, *b = &second->match;

	return first->nnots == 0 && a->clients.n == 0 && covers_path(a, b)
	    && covers_methods(&a->methods, &b->methods)
	    && covers_listeners(a->listeners, b->listeners)
	    && covers_named(&a->headers, &b->headers)
	    && covers_named(&a->cookies, &b->cookies)
	    && covers_named(&a->query, &b->query);
}

/* Said of the route that has it, not of those that have their site's. */
static void verify_strip(struct load *l, const struct conf_site *site,
    const struct conf_route *route)
{
	struct slice strip = route->policy.strip_prefix;
	struct slice path = route->match.path_is.p ? route->match.path_is
	    : route->match.path;
	bool longer = route->match.path_is.p == NULL
	    && has_prefix(strip, path);

	if (strip.n == 0 || strip.p == site->policy.strip_prefix.p
	    || path.n == 0 || has_prefix(path, strip) || longer)
		return;
	report_warning(&l->report, load_line(l, route), "route %u of site "
	    "\"%s\" has the strip_prefix \"%.*s\", and no path that it takes "
	    "begins so", route->index + 1, site->name, SLICE_FMT(strip));
}

void verify_routes(struct load *l, const struct conf_site *site)
{
	for (unsigned i = 0; i < site->nroutes; i++) {
		unsigned j = 0;
		while (j < i && !covers(&site->routes[j], &site->routes[i]))
			j++;
		if (j < i)
			report_warning(&l->report,
			    load_line(l, &site->routes[i]), "route %u of "
			    "site \"%s\" can never match: route %u before it "
			    "takes all of its requests", i + 1, site->name,
			    j + 1);
		verify_strip(l, site, &site->routes[i]);
	}
}

/* A route, and where what is wrong with it goes. */
struct asked {
	struct load *l;
	const struct conf_site *site;
	const struct conf_route *route;
};

static void verify_rest(const struct asked *a, const struct conf_template *t)
{
	const struct conf_match *m = &a->route->match;

	if (m->path.p || m->path_is.p || !template_has(t, PLACE_REST))
		return;
	report_error(&a->l->report, template_line(a->l, t), "route %u of site "
	    "\"%s\" has no \"{rest}\" for \"%s\": give it a \"path\" or a "
	    "\"path_is\"", a->route->index + 1, a->site->name, t->source.p);
}

static void verify_captures(const struct asked *a,
    const struct conf_template *t)
{
	const struct conf_regex *re = &a->route->match.path_re;
	unsigned most = template_captures(t);
	unsigned groups = re->code ? regex_groups(re->code) : 0;

	if (most <= groups || (re->text && !re->code))
		return;
	report_error(&a->l->report, template_line(a->l, t), "route %u of site "
	    "\"%s\" has no \"{%u}\" for \"%s\": %s", a->route->index + 1,
	    a->site->name, most, t->source.p, re->text
	    ? "its \"path_re\" has fewer groups"
	    : "give it a \"path_re\" with groups");
}

static void verify_edits(const struct asked *a, const struct conf_edit *edits,
    unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		verify_rest(a, &edits[i].value);
		verify_captures(a, &edits[i].value);
	}
}

void verify_templates(struct load *l, const struct conf_site *site)
{
	for (unsigned i = 0; i < site->nroutes; i++) {
		const struct conf_route *route = &site->routes[i];
		const struct conf_policy *policy = &route->policy;
		struct asked a = {l, site, route};

		verify_rest(&a, &policy->rewrite.to);
		verify_rest(&a, &route->redirect.to);
		verify_captures(&a, &route->redirect.to);
		verify_edits(&a, policy->request.set, policy->request.nset);
		verify_edits(&a, policy->request.add, policy->request.nadd);
		verify_edits(&a, policy->response.set, policy->response.nset);
		verify_edits(&a, policy->response.add, policy->response.nadd);
	}
}
