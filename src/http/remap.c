/* SPDX-License-Identifier: BSD-2-Clause */
/* Rewrites Location, Refresh and Set-Cookie for the client. */
#include "http/remap.h"

#include "http/token.h"
#include "http/uri.h"

/* An http URI with an authority, cut. */
struct place {
	enum uri_scheme scheme; /* of "//host" none */
	struct slice authority;
	struct slice rest;      /* path, query, fragment; may be empty */
};

static bool cut_scheme(struct slice *uri, enum uri_scheme *scheme)
{
	static const struct {
		struct slice text;
		enum uri_scheme scheme;
	} starts[] = {
		{{"//", 2}, URI_NO_SCHEME},
		{{"http://", 7}, URI_HTTP},
		{{"https://", 8}, URI_HTTPS},
	};
	size_t i, n;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		n = starts[i].text.n;
		if (uri->n < n || !slice_caseeq(slice_make(uri->p, n),
		    starts[i].text))
			continue;
		*scheme = starts[i].scheme;
		*uri = slice_make(uri->p + n, uri->n - n);
		return true;
	}
	return false;
}

static bool parse_place(struct slice uri, struct place *place)
{
	size_t n = 0;

	if (!cut_scheme(&uri, &place->scheme))
		return false;
	while (n < uri.n && !memchr("/?#", uri.p[n], 3))
		n++;
	place->authority = slice_make(uri.p, n);
	place->rest = slice_make(uri.p + n, uri.n - n);
	return true;
}

static bool ports_agree(enum uri_scheme scheme, uint16_t said,
    uint16_t backend)
{
	if (backend == 0 || said == backend)
		return true;
	if (said != 0)
		return false;
	return (backend == 80 && scheme != URI_HTTPS) ||
	    (backend == 443 && scheme != URI_HTTP);
}

static bool is_backend(const struct remap *m, const struct place *place)
{
	struct slice host, name;
	uint16_t port, name_port;
	unsigned i;

	if (!uri_parse_host(place->authority, &host, &port))
		return false;
	for (i = 0; i < m->nnames; i++)
		if (uri_parse_host(m->names[i], &name, &name_port) &&
		    slice_caseeq(host, name) &&
		    ports_agree(place->scheme, port, name_port))
			return true;
	return false;
}

/* A cookie's Domain has no port and means them all. */
static bool is_backend_domain(const struct remap *m, struct slice domain)
{
	struct slice name;
	uint16_t port;
	unsigned i;

	if (domain.n > 0 && domain.p[0] == '.')
		domain = slice_make(domain.p + 1, domain.n - 1);
	for (i = 0; i < m->nnames; i++)
		if (uri_parse_host(m->names[i], &name, &port) &&
		    slice_caseeq(domain, name))
			return true;
	return false;
}

static struct slice without_slashes(struct slice prefix)
{
	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	return prefix;
}

/* Browsers take "//" for the start of an authority, read a backslash as a slash
 * and overlook tabs: a prefix that is gone must not lay one bare. */
static struct slice with_one_slash(struct slice path)
{
	while (path.n > 1 && memchr("/\\\t", path.p[1], 3))
		path = slice_make(path.p + 1, path.n - 1);
	return path;
}

static void put_alone(struct buf *b, struct slice path)
{
	path = with_one_slash(path);
	BUF_LIT(b, "/");
	buf_put(b, path.p + 1, path.n - 1);
}

/* The byte that *p begins, which moves behind it. An encoded slash is not
 * decoded: it is none. */
static unsigned next_byte(const char **p, const char *end)
{
	const char *at = *p;

	if (token_is_encoding(at, end) && token_encoded(at) != '/') {
		*p += 3;
		return token_encoded(at);
	}
	*p += 1;
	return (uint8_t)*at;
}

/* What stands behind the prefix, which has no slash at its end; false if path
 * does not begin with it. The backend may encode it in a way of its own. */
static bool cut_prefix(struct slice prefix, struct slice path,
    struct slice *rest)
{
	const char *p = path.p, *end = path.p + path.n;
	const char *at = prefix.p, *stop;

	*rest = path;
	if (prefix.n == 0)
		return true;
	stop = at + prefix.n;
	while (at < stop)
		if (p == end || next_byte(&p, end) != next_byte(&at, stop))
			return false;
	*rest = slice_make(p, (size_t)(end - p));
	return rest->n == 0 || rest->p[0] == '/';
}

/* Is the path to be changed? Then *rest is what stands behind `add`. An
 * application that is told its prefix, because its pages link with it,
 * redirects with it, too. */
static bool is_mapped(const struct remap *m, struct slice path,
    struct slice *rest)
{
	struct slice strip = without_slashes(m->strip);
	struct slice add = without_slashes(m->add);

	if (add.n == 0 && strip.n > 0 && cut_prefix(strip, path, rest))
		return false;
	return cut_prefix(add, path, rest);
}

/* Puts the path, which begins with a slash, as the client must ask for it. */
static void put_path(const struct remap *m, struct slice path, bool alone,
    struct buf *b)
{
	struct slice strip = without_slashes(m->strip), rest;
	bool found = is_mapped(m, path, &rest);

	if (found) {
		uri_put_path(b, strip);
		path = rest.n > 0 || strip.n > 0 ? rest : SLICE("/");
	}
	if (alone && path.n > 0 && (!found || strip.n == 0))
		put_alone(b, path);
	else
		buf_slice(b, path);
}

/* Cuts the path off what may have a query and a fragment behind it. */
static struct slice cut_path(struct slice *rest)
{
	size_t n = 0;
	struct slice path;

	while (n < rest->n && rest->p[n] != '?' && rest->p[n] != '#')
		n++;
	path = slice_make(rest->p, n);
	*rest = slice_make(rest->p + n, rest->n - n);
	return path;
}

static void put_authority(const struct remap *m, struct buf *b)
{
	if (m->scheme.n > 0) {
		buf_slice(b, m->scheme);
		BUF_LIT(b, ":");
	}
	BUF_LIT(b, "//");
	buf_slice(b, m->authority);
}

static void put_place(const struct remap *m, struct slice rest,
    struct buf *b)
{
	struct slice path = cut_path(&rest);

	if (m->authority.n > 0)
		put_authority(m, b);
	put_path(m, path.n > 0 ? path : SLICE("/"), m->authority.n == 0, b);
	buf_slice(b, rest);
}

static bool put_own_path(const struct remap *m, struct slice uri,
    struct buf *b)
{
	struct slice path = cut_path(&uri), rest;

	if (!is_mapped(m, path, &rest) || slice_eq(without_slashes(m->add),
	    without_slashes(m->strip)))
		return false;
	put_path(m, path, true, b);
	buf_slice(b, uri);
	return true;
}

bool remap_uri(const struct remap *m, struct slice uri, struct buf *b)
{
	struct place place;
	char *before = b->at;

	if (parse_place(uri, &place)) {
		if (!is_backend(m, &place))
			return false;
		put_place(m, place.rest, b);
	} else if (uri.n == 0 || uri.p[0] != '/' ||
	    !put_own_path(m, uri, b)) {
		return false;
	}
	if (!slice_eq(uri, slice_make(before, (size_t)(b->at - before))))
		return true;
	b->at = before;
	return false;
}

static size_t skip(struct slice s, size_t at, const char *set)
{
	while (at < s.n && s.p[at] != '\0' && strchr(set, s.p[at]))
		at++;
	return at;
}

/* Where "url =" at the offset ends; the offset itself if it is not there. */
static size_t skip_url_name(struct slice s, size_t at)
{
	size_t n = at + 3;

	if (s.n < n || !slice_caseeq(slice_make(s.p + at, 3), SLICE("url")))
		return at;
	n = skip(s, n, " \t");
	return n < s.n && s.p[n] == '=' ? skip(s, n + 1, " \t") : at;
}

/* Where the URI of a Refresh begins, as HTML has it: behind the time, a blank,
 * ';' or ',', and perhaps "url=". The end of s if there is none. */
static size_t find_refresh(struct slice s)
{
	size_t time = skip(s, 0, "0123456789.");
	size_t at = skip(s, time, " \t");

	if (at < s.n && memchr(";,", s.p[at], 2))
		at++;
	if (time == 0 || at == time)
		return s.n;
	return skip_url_name(s, skip(s, at, " \t"));
}

/* What follows, without its quotes; the second one may be missing. */
static struct slice cut_refresh(struct slice s)
{
	size_t at = find_refresh(s);
	const char *close;
	struct slice uri;

	if (at == s.n)
		return (struct slice){NULL, 0};
	uri = slice_make(s.p + at, s.n - at);
	if (!memchr("\"'", uri.p[0], 2))
		return uri;
	close = memchr(uri.p + 1, uri.p[0], uri.n - 1);
	return slice_make(uri.p + 1, close ? (size_t)(close - uri.p) - 1 :
	    uri.n - 1);
}

bool remap_refresh(const struct remap *m, struct slice value, struct buf *b)
{
	struct slice uri = cut_refresh(value);
	char *before = b->at;

	if (uri.n == 0)
		return false;
	buf_put(b, value.p, (size_t)(uri.p - value.p));
	if (!remap_uri(m, uri, b)) {
		b->at = before;
		return false;
	}
	buf_put(b, uri.p + uri.n, (size_t)(value.p + value.n - uri.p) - uri.n);
	return true;
}

/* A prefix with a ';' would end the attribute that it is put in. */
static bool fits_cookie(struct slice prefix)
{
	return prefix.n == 0 || !memchr(prefix.p, ';', prefix.n);
}

/* Puts an attribute of a cookie, without the ';' before it. */
static void put_attribute(const struct remap *m, struct slice text,
    struct buf *b)
{
	struct slice value = text, rest;
	struct slice name = slice_trim(slice_cut(&value, '='));

	value = slice_trim(value);
	if (value.n == 0 || value.p[0] != '/' ||
	    !slice_caseeq(name, SLICE("path")) || !fits_cookie(m->strip)) {
		buf_slice(b, text);
		return;
	}
	buf_put(b, text.p, (size_t)(value.p - text.p));
	if (slice_eq(value, SLICE("/")) && is_mapped(m, value, &rest)
	    && m->strip.n > 0)
		uri_put_path(b, without_slashes(m->strip)); /* it, too */
	else
		put_path(m, value, false, b);
	buf_put(b, value.p + value.n,
	    (size_t)(text.p + text.n - value.p) - value.n);
}

static bool is_taken_out(const struct remap *m, struct slice text)
{
	struct slice name = slice_trim(slice_cut(&text, '='));

	return slice_caseeq(name, SLICE("domain")) &&
	    is_backend_domain(m, slice_trim(text));
}

bool remap_cookie(const struct remap *m, struct slice value, struct buf *b)
{
	struct slice rest = value, text;
	char *before = b->at;

	buf_slice(b, slice_cut(&rest, ';'));
	while (rest.p) {
		text = slice_cut(&rest, ';');
		if (is_taken_out(m, text))
			continue;
		BUF_LIT(b, ";");
		put_attribute(m, text, b);
	}
	if (!slice_eq(value, slice_make(before, (size_t)(b->at - before))))
		return true;
	b->at = before;
	return false;
}
