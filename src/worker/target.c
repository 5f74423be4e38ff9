/* SPDX-License-Identifier: BSD-2-Clause */
/* The target that a backend is asked for. */
#include "worker/target.h"

#include "worker/expand.h"
#include "worker/regex.h"

#define TARGET_MOST 65536 /* three times the longest, and what is added */

static void put_query(struct buf *b, struct slice query)
{
	if (query.p == NULL)
		return;
	BUF_LIT(b, "?");
	buf_slice(b, query);
}

/* A raw rest as "/../x" means something else than the path that was matched:
 * it counts only if it says the same. */
static bool says_the_same(struct slice raw, struct slice rest)
{
	static char text[TARGET_MOST];
	struct slice plain;

	return uri_normalise_path(raw, text, sizeof text, &plain) == NULL
	    && slice_eq(plain, rest);
}

static size_t count_slashes(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '/';
	return n;
}

static bool asks_for_path(const struct conf_match *m)
{
	return m->path.p || m->path_is.p || m->path_re.code;
}

static bool decides_by_path(const struct conf_site *site)
{
	for (unsigned i = 0; i < site->nroutes; i++) {
		const struct conf_route *route = &site->routes[i];
		if (asks_for_path(&route->match))
			return true;
		for (unsigned k = 0; k < route->nnots; k++)
			if (asks_for_path(&route->nots[k]))
				return true;
	}
	return false;
}

/* A ".." of the client's was resolved to find the route. A backend that does
 * not resolve it would serve what is behind another one. */
static bool had_dots(const struct request *r)
{
	return r->path.p != r->uri.path.p
	    && count_slashes(r->path) != count_slashes(r->uri.path)
	    && decides_by_path(r->site);
}

bool target_rest(const struct request *r, struct slice prefix,
    struct slice *rest)
{
	bool found, also;
	struct slice plain = uri_path_rest(r->path, prefix, &found);
	struct slice raw = uri_path_rest(r->uri.path, prefix, &also);

	*rest = also && !had_dots(r) && says_the_same(raw, plain) ? raw
	    : plain;
	return found;
}

static void put_whole(struct buf *b, const struct request *r)
{
	if (had_dots(r))
		uri_put_path(b, r->path);
	else
		buf_slice(b, r->uri.path);
}

static void put_path(struct buf *b, const struct request *r)
{
	const struct conf_policy *p = &r->route->policy;
	struct slice path = r->uri.path, rest;
	bool shorter = p->strip_prefix.n
	    && target_rest(r, p->strip_prefix, &rest);

	buf_slice(b, p->add_prefix);
	if (!shorter)
		put_whole(b, r);
	else if (rest.n == 0 && p->add_prefix.n == 0)
		BUF_LIT(b, "/");
	else if (rest.p >= path.p && rest.p <= path.p + path.n)
		buf_slice(b, rest); /* as the client wrote it */
	else
		uri_put_path(b, rest);
}

static bool has_query(const struct conf_template *to)
{
	return memchr(to->source.p, '?', to->source.n) != NULL;
}

/* What the client put behind "/jail/" may begin with dots: no rewrite leads
 * out of what it leads into. */
static bool has_dots(struct slice target)
{
	static char text[TARGET_MOST];
	struct slice plain, path = slice_cut(&target, '?');

	return uri_normalise_path(path, text, sizeof text, &plain) != NULL
	    || count_slashes(plain) != count_slashes(path)
	    || uri_hides_dots(plain);
}

/* The path as it is now, decoded for the expression. */
static enum match rewrite(struct buf *b, const struct request *r,
    struct slice path)
{
	static char text[TARGET_MOST];
	const struct conf_policy *p = &r->route->policy;
	struct captures groups;
	struct slice subject;

	if (uri_normalise_path(path, text, sizeof text, &subject) != NULL)
		return NO;
	enum match m = regex_run(&p->rewrite.re, subject, &groups);
	if (m == YES)
		expand_put(b, r, &p->rewrite.to, &groups, subject);
	return m;
}

static enum target put_rewritten(struct buf *b, const struct request *r)
{
	static char text[TARGET_MOST];
	const struct conf_template *to = &r->route->policy.rewrite.to;
	const char *from = b->at;
	struct buf path;

	buf_init(&path, text, sizeof text);
	put_path(&path, r);
	b->full = b->full || path.full;
	switch (rewrite(b, r, slice_make(text, buf_length(&path)))) {
	case FAILED:
		return TARGET_REGEX;
	case NO:
		buf_put(b, text, buf_length(&path));
		break;
	case YES:
		if (has_dots(slice_make(from, (size_t)(b->at - from))))
			return TARGET_DOTS;
		if (has_query(to))
			return TARGET_FINE;
		break;
	}
	put_query(b, r->uri.query);
	return TARGET_FINE;
}

enum target target_put(struct buf *b, const struct request *r)
{
	if (r->uri.form == URI_ASTERISK) {
		BUF_LIT(b, "*");
		return TARGET_FINE;
	}
	if (r->route->policy.rewrite.re.code)
		return put_rewritten(b, r);
	put_path(b, r);
	put_query(b, r->uri.query);
	return TARGET_FINE;
}
