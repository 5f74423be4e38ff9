/* SPDX-License-Identifier: BSD-2-Clause */
/* Request targets, hosts and paths (RFC 9112, 3.2; RFC 3986). */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "http/head.h"
#include "http/method.h"
#include "http/refusal.h"

enum uri_form { URI_ORIGIN, URI_ABSOLUTE, URI_AUTHORITY, URI_ASTERISK };
enum uri_scheme { URI_NO_SCHEME, URI_HTTP, URI_HTTPS };

#define URI_HOST_MAX 255

/* Slices lie in the target; the path may be a constant "/" or "*". What is
 * sent on in origin-form is path and, if query.p is set, '?' and query. */
struct uri {
	enum uri_form form;
	enum uri_scheme scheme;
	struct slice authority; /* host and port; empty in origin-form */
	struct slice host;      /* as of uri_parse_host */
	uint16_t port;          /* 0: not given */
	struct slice path;      /* "*" in asterisk-form, empty in authority */
	struct slice query;     /* without '?'; p is NULL if there is no '?' */
};

/* CONNECT takes authority-form with a port only, "*" OPTIONS only, and an
 * authority has no userinfo. Fragments and bytes outside of VCHAR are
 * refused. */
const struct refusal *uri_parse_target(struct slice target, enum method m,
    struct uri *u);

/* A host name of [A-Za-z0-9._~-] with no empty label but the one behind a last
 * dot, an IPv4 address, or an IPv6 address in brackets, which host keeps; then
 * perhaps ':' and a port from 1 to 65535 (an empty one is none: 0). Narrower
 * than RFC 3986, so that a host can go into any message, list or quoted string
 * as it is. Letters keep their case. False: not so, or longer than
 * URI_HOST_MAX; host and port are then unspecified. */
bool uri_parse_host(struct slice text, struct slice *host, uint16_t *port);

/* The host that the request is for (RFC 9112, 3.2.2 and 3.3): exactly one
 * Host in HTTP/1.1, at most one in HTTP/1.0, where host may come out empty.
 * An authority in the target must agree with it. port 0: not given. */
const struct refusal *uri_host_of(const struct head *h, const struct uri *u,
    struct slice *host, uint16_t *port);

/* The form of path for matching and for keys: percent-encodings decoded once,
 * then "." and ".." resolved. Encoded '/', '%' and control bytes stay encoded,
 * in upper case: two paths with equal results mean the same, no segment border
 * is made, no control byte comes out. Empty segments and backslashes stay.
 * *out is path itself where nothing changes or where it begins with no slash,
 * otherwise in to; room for path.n bytes is always enough. Refuses malformed
 * and NUL encodings, and paths that lead above the root; *out is unspecified
 * then. */
const struct refusal *uri_normalise_path(struct slice path, char *to,
    size_t room, struct slice *out);

/* True if a path of uri_normalise_path shows a ".." to those who take a
 * backslash or an encoded slash for a slash, or who leave out what stands
 * behind a ';' in a segment, and leads them elsewhere than it leads us. */
bool uri_hides_dots(struct slice path);

/* Appends path, with each byte that may not stand in one (RFC 3986, 3.3)
 * percent-encoded in upper case: it encodes again what uri_normalise_path
 * decoded. A '%' that begins an encoding stays and another one is encoded;
 * so are '?' and '#'. */
void uri_put_path(struct buf *b, struct slice path);

/* Appends path in the one spelling that all those which mean the same by RFC
 * 3986, 6.2.2, have: what needs no encoding is decoded (letters, digits, "-",
 * ".", "_", "~"), other encodings have capital letters. Dots stay. */
void uri_put_plain(struct buf *b, struct slice path);

/* The same as uri_put_path for a query. '?' and '/' stay, and so do those bytes
 * that no URI has but every browser sends in queries: [ ] { } | ^ and the
 * backquote. */
void uri_put_query(struct buf *b, struct slice query);

/* What stands in path behind prefix, where that ends on a segment border:
 * empty, or it begins with '/'. A slash at the end of prefix is the rest's, so
 * behind "/a/" of "/a/b" there is "/b". False in *found: path does not begin
 * so, and the rest is empty. */
struct slice uri_path_rest(struct slice path, struct slice prefix,
    bool *found);

#endif
