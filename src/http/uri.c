/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses request targets and hosts; brings paths into one form. */
#include "http/uri.h"

#include <arpa/inet.h>

#include "http/token.h"

#define PORT_DIGITS 5

/* ":port" or nothing; an empty port is no port (RFC 3986, 3.2.3). */
static bool parse_port(struct slice text, uint16_t *port)
{
	uint64_t n;

	*port = 0;
	if (text.n == 0)
		return true;
	if (text.p[0] != ':')
		return false;
	if (text.n == 1)
		return true;
	if (text.n - 1 > PORT_DIGITS ||
	    !slice_u64(slice_make(text.p + 1, text.n - 1), &n))
		return false;
	*port = (uint16_t)n;
	return n > 0 && n <= UINT16_MAX;
}

/* The length of "[v6]" at the beginning of text, 0 if there is none. */
static size_t ip6_length(struct slice text)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr ip;
	const char *close = memchr(text.p, ']', text.n);
	size_t n;

	if (!close)
		return 0;
	n = (size_t)(close - text.p) - 1;
	if (n >= sizeof(copy) || memchr(text.p + 1, '\0', n))
		return 0;
	memcpy(copy, text.p + 1, n);
	copy[n] = '\0';
	return inet_pton(AF_INET6, copy, &ip) == 1 ? n + 2 : 0;
}

/* The length of the host name at the beginning of text, 0 if an empty label
 * spoils it. */
static size_t name_length(struct slice text)
{
	size_t i;

	for (i = 0; i < text.n && token_has(text.p[i], TOKEN_HOST); i++)
		if (text.p[i] == '.' && (i == 0 || text.p[i - 1] == '.'))
			return 0;
	return i;
}

bool uri_parse_host(struct slice text, struct slice *host, uint16_t *port)
{
	size_t n;

	if (text.n == 0)
		return false;
	n = text.p[0] == '[' ? ip6_length(text) : name_length(text);
	if (n == 0 || n > URI_HOST_MAX)
		return false;
	*host = slice_make(text.p, n);
	return parse_port(slice_make(text.p + n, text.n - n), port);
}

static void split_path(struct uri *u, struct slice s)
{
	const char *mark = s.n ? memchr(s.p, '?', s.n) : NULL;

	u->path = s;
	if (mark) {
		u->path.n = (size_t)(mark - s.p);
		u->query = slice_make(mark + 1, s.n - u->path.n - 1);
	}
}

static const struct refusal *parse_authority(struct uri *u,
    struct slice text)
{
	u->authority = text;
	if (!uri_parse_host(text, &u->host, &u->port))
		return refusal_of(REFUSAL_TARGET_AUTHORITY);
	return NULL;
}

/* What follows "http://" or "https://". */
static const struct refusal *parse_absolute(struct uri *u, struct slice rest,
    enum method m)
{
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	split_path(u, slice_make(rest.p + n, rest.n - n));
	u->form = URI_ABSOLUTE;
	if (u->path.n == 0 && m == METHOD_OPTIONS && !u->query.p)
		u->path = SLICE("*"); /* RFC 9112, 3.2.4 */
	else if (u->path.n == 0)
		u->path = SLICE("/");
	return parse_authority(u, slice_make(rest.p, n));
}

static bool has_scheme(struct slice target, struct slice scheme)
{
	return target.n >= scheme.n &&
	    slice_caseeq(slice_make(target.p, scheme.n), scheme);
}

static const struct refusal *parse_with_scheme(struct uri *u,
    struct slice target, enum method m)
{
	static const struct {
		enum uri_scheme scheme;
		struct slice text;
	} schemes[] = {
		{URI_HTTP, {"http://", 7}},
		{URI_HTTPS, {"https://", 8}},
	};
	size_t i, n;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!has_scheme(target, schemes[i].text))
			continue;
		u->scheme = schemes[i].scheme;
		n = schemes[i].text.n;
		return parse_absolute(u,
		    slice_make(target.p + n, target.n - n), m);
	}
	return refusal_of(REFUSAL_TARGET_SCHEME);
}

const struct refusal *uri_parse_target(struct slice target, enum method m,
    struct uri *u)
{
	const struct refusal *r;

	*u = (struct uri){.form = URI_ORIGIN};
	if (!token_all(target, TOKEN_TARGET))
		return refusal_of(REFUSAL_TARGET_BYTES);
	if (m == METHOD_CONNECT) {
		u->form = URI_AUTHORITY;
		r = parse_authority(u, target);
		return r || u->port ? r : refusal_of(REFUSAL_TARGET_FORM);
	}
	if (target.p[0] == '/') {
		split_path(u, target);
		return NULL;
	}
	if (slice_eq(target, SLICE("*"))) {
		u->form = URI_ASTERISK;
		u->path = target;
		return m == METHOD_OPTIONS ? NULL :
		    refusal_of(REFUSAL_TARGET_FORM);
	}
	return parse_with_scheme(u, target, m);
}

static uint16_t effective_port(const struct uri *u, uint16_t port)
{
	if (port)
		return port;
	if (u->scheme == URI_NO_SCHEME)
		return 0;
	return u->scheme == URI_HTTPS ? 443 : 80;
}

static bool agrees(const struct uri *u, struct slice host, uint16_t port)
{
	return slice_caseeq(u->host, host) &&
	    effective_port(u, u->port) == effective_port(u, port);
}

const struct refusal *uri_host_of(const struct head *h, const struct uri *u,
    struct slice *host, uint16_t *port)
{
	struct slice given_host;
	uint16_t given_port;

	*host = u->host;
	*port = u->port;
	if (!head_has(h, FIELD_HOST))
		return h->minor == 0 ? NULL : refusal_of(REFUSAL_HOST_MISSING);
	if (head_has_many(h, FIELD_HOST))
		return refusal_of(REFUSAL_HOST_TWICE);
	if (!uri_parse_host(head_value(h, FIELD_HOST), &given_host,
	    &given_port))
		return refusal_of(REFUSAL_HOST);
	if (u->authority.n > 0)
		return agrees(u, given_host, given_port) ? NULL :
		    refusal_of(REFUSAL_HOST_DIFFERS);
	*host = given_host;
	*port = given_port;
	return NULL;
}

struct writer {
	char *to;
	size_t n;
	size_t segment; /* where the segment under way begins in to */
};

/* True if nothing in path needs a look: no '%', no segment that begins with
 * a dot. */
static bool is_plain(struct slice path)
{
	const char *p = path.p, *end = path.p + path.n;

	if (memchr(p, '%', path.n))
		return false;
	while ((p = memchr(p, '.', (size_t)(end - p))) != NULL) {
		if (p > path.p && p[-1] == '/')
			return false;
		p++;
	}
	return true;
}

enum segment { SEGMENT_NAME, SEGMENT_DOTS, SEGMENT_ABOVE };

/* Ends the segment under way, of which all bytes are decoded: "." and ".."
 * vanish, the latter with the segment before it. */
static enum segment end_segment(struct writer *w)
{
	const char *s = w->to + w->segment;
	size_t n = w->n - w->segment;

	if (n == 0 || n > 2 || s[0] != '.' || s[n - 1] != '.')
		return SEGMENT_NAME;
	w->n = w->segment;
	if (n == 2) {
		if (w->segment < 2)
			return SEGMENT_ABOVE;
		do
			w->n--;
		while (w->to[w->n - 1] != '/');
	}
	w->segment = w->n;
	return SEGMENT_DOTS;
}

static bool stays_encoded(unsigned byte)
{
	return byte < 0x20 || byte == 0x7f || byte == '/' || byte == '%';
}

/* Writes what the encoding at p, of which left bytes are there, stands for. */
static const struct refusal *decode(struct writer *w, const char *p,
    size_t left)
{
	const char *hex = "0123456789ABCDEF";
	unsigned byte;

	if (!token_is_encoding(p, p + left))
		return refusal_of(REFUSAL_PATH_PERCENT);
	byte = token_encoded(p);
	if (byte == 0)
		return refusal_of(REFUSAL_PATH_NUL);
	if (stays_encoded(byte)) {
		w->to[w->n++] = '%';
		w->to[w->n++] = hex[byte >> 4];
		w->to[w->n++] = hex[byte & 15];
	} else {
		w->to[w->n++] = (char)byte;
	}
	return NULL;
}

/* A slash behind dots is theirs: it vanishes with them. */
static const struct refusal *write_slash(struct writer *w)
{
	switch (end_segment(w)) {
	case SEGMENT_ABOVE:
		return refusal_of(REFUSAL_PATH_ROOT);
	case SEGMENT_NAME:
		w->to[w->n++] = '/';
		w->segment = w->n;
		break;
	case SEGMENT_DOTS:
		break;
	}
	return NULL;
}

static const struct refusal *write_path(struct writer *w, struct slice path)
{
	const struct refusal *r = NULL;
	size_t i;

	for (i = 0; i < path.n && !r; i++) {
		if (path.p[i] == '%') {
			r = decode(w, path.p + i, path.n - i);
			i += 2;
		} else if (path.p[i] == '/') {
			r = write_slash(w);
		} else {
			w->to[w->n++] = path.p[i];
		}
	}
	if (!r && end_segment(w) == SEGMENT_ABOVE)
		r = refusal_of(REFUSAL_PATH_ROOT);
	return r;
}

const struct refusal *uri_normalise_path(struct slice path, char *to,
    size_t room, struct slice *out)
{
	const struct refusal *r;
	struct writer w = {to, 0, 0};

	*out = path;
	if (path.n == 0 || path.p[0] != '/' || is_plain(path))
		return NULL;
	if (room < path.n)
		return refusal_of(REFUSAL_PATH_LONG);
	r = write_path(&w, path);
	*out = slice_make(to, w.n);
	return r;
}
