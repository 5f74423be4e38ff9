/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditions of routes: all must hold, and none of the nots. */
#include "worker/match.h"

#include "http/cookie.h"
#include "http/query.h"
#include "worker/client.h"
#include "worker/target.h"

#define VALUE_MOST 16384 /* no head is longer */

/* A slash, or one that is encoded: some servers decode it, and so a route that
 * denies "/admin" has to take "/admin%2Fa", too. */
static size_t slash_at(struct slice path, size_t at)
{
	if (at < path.n && path.p[at] == '/')
		return 1;
	return path.n - at >= 3 && memcmp(path.p + at, "%2F", 3) == 0 ? 3 : 0;
}

/* How much of the path begins as `start`; 0 if it does not. */
static size_t path_starts(struct slice path, struct slice start)
{
	size_t at = 0;

	for (size_t i = 0; i < start.n; i++) {
		size_t n = start.p[i] == '/' ? slash_at(path, at)
		    : at < path.n && path.p[at] == start.p[i];
		if (n == 0)
			return 0;
		at += n;
	}
	return at;
}

/* "/static" matches "/static" and "/static/a", not "/statics". */
static bool path_begins(struct slice path, struct slice prefix)
{
	size_t n = path_starts(path, prefix);

	return n > 0 && (n == path.n || slash_at(path, n)
	    || prefix.p[prefix.n - 1] == '/');
}

static bool path_is(struct slice path, struct slice exact)
{
	return path.n > 0 && path_starts(path, exact) == path.n;
}

static bool has_method(const struct conf_list *methods, struct slice method)
{
	for (unsigned i = 0; i < methods->n; i++)
		if (slice_eq(methods->at[i], method))
			return true;
	return methods->n == 0;
}

/* Tries the values of one name, one after the other. */
typedef enum match match_values(const struct request *r,
    const struct conf_named_regex *want);

static enum match in_headers(const struct request *r,
    const struct conf_named_regex *want)
{
	for (unsigned i = 0; i < r->head.nfields; i++) {
		const struct field *f = &r->head.fields[i];
		if ((f->flags & FIELD_FORGED)
		    || !slice_caseeq(f->name, want->name))
			continue;
		enum match m = regex_run(&want->re, f->value, NULL);
		if (m != NO)
			return m;
	}
	return NO;
}

static enum match in_cookies(const struct request *r,
    const struct conf_named_regex *want)
{
	const struct field *f = head_find(&r->head, FIELD_COOKIE);

	for (; f != NULL; f = head_find_next(&r->head, f)) {
		struct slice rest = f->value, name, value;
		while (cookie_next(&rest, &name, &value)) {
			enum match m = slice_eq(name, want->name)
			    ? regex_run(&want->re, value, NULL) : NO;
			if (m != NO)
				return m;
		}
	}
	return NO;
}

static enum match in_query(const struct request *r,
    const struct conf_named_regex *want)
{
	static char text[VALUE_MOST];
	struct slice rest = r->uri.query, name, value;

	while (query_next(&rest, &name, &value)) {
		size_t n = query_decode(name, text, sizeof text);
		if (!slice_eq(slice_make(text, n), want->name))
			continue;
		n = query_decode(value, text, sizeof text);
		enum match m = regex_run(&want->re, slice_make(text, n), NULL);
		if (m != NO)
			return m;
	}
	return NO;
}

static enum match each(const struct request *r,
    const struct conf_named_regexes *list, match_values *values)
{
	for (unsigned i = 0; i < list->n; i++) {
		enum match m = values(r, &list->at[i]);
		if (m != YES)
			return m;
	}
	return YES;
}

static bool has_place(const struct conf_match *m, struct slice path)
{
	return (!m->path_is.p || path_is(path, m->path_is))
	    && (!m->path.p || path_begins(path, m->path));
}

bool match_may_take(const struct conf_route *route, const struct request *r)
{
	const struct conf_match *m = &route->match;

	return has_place(m, r->path) && (!m->path_re.code
	    || regex_run(&m->path_re, r->path, NULL) != NO);
}

/* What costs nothing first. */
static bool may_hold(const struct conf_match *m, const struct request *r,
    struct slice method)
{
	bool asks_path = m->path.p || m->path_is.p || m->path_re.code;

	if (r->uri.form == URI_ASTERISK && asks_path)
		return false;
	if (m->listeners && !(m->listeners >> r->listener->index & 1))
		return false;
	return has_place(m, r->path) && has_method(&m->methods, method)
	    && (m->clients.n == 0
	    || conf_is_among(&m->clients, &r->client));
}

static enum match holds(const struct conf_match *m, const struct request *r,
    struct slice method, struct captures *groups)
{
	enum match found = YES;

	if (!may_hold(m, r, method))
		return NO;
	if (m->path_re.code)
		found = regex_run(&m->path_re, r->path, groups);
	if (found == YES)
		found = each(r, &m->headers, in_headers);
	if (found == YES)
		found = each(r, &m->cookies, in_cookies);
	if (found == YES)
		found = each(r, &m->query, in_query);
	return found;
}

/* A PURGE goes to where that is stored which it ends. */
static struct slice method_of(const struct conf_route *route,
    const struct request *r)
{
	return r->head.method_id == METHOD_PURGE && route->policy.cache.on
	    ? SLICE("GET") : r->head.method;
}

static enum match matches(const struct conf_route *route,
    struct request *r)
{
	struct slice method = method_of(route, r);
	enum match found = holds(&route->match, r, method, &r->captures);

	for (unsigned i = 0; found == YES && i < route->nnots; i++) {
		enum match not = holds(&route->nots[i], r, method,
		    NULL);
		found = not == YES ? NO : not == NO ? YES : FAILED;
	}
	return found;
}

static struct slice rest_of(const struct request *r)
{
	const struct conf_match *m = &r->route->match;
	struct slice rest;

	if (m->path_is.p)
		return slice_make("", 0);
	return m->path.p && target_rest(r, m->path, &rest) ? rest
	    : r->uri.path;
}

enum match match_route(struct request *r)
{
	for (unsigned i = 0; i < r->site->nroutes; i++) {
		enum match m = matches(&r->site->routes[i], r);
		if (m == FAILED)
			return FAILED;
		if (m == NO)
			continue;
		r->route = &r->site->routes[i];
		r->rest = rest_of(r);
		return YES;
	}
	return NO;
}
