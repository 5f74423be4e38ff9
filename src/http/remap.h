/* SPDX-License-Identifier: BSD-2-Clause */
/* What a backend says of places, said for the client. */
#ifndef HTTP_REMAP_H
#define HTTP_REMAP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* The way back of what a route does to a request. A path of the backend's that
 * begins with `add`, on a segment border, loses it and gets `strip` in front;
 * another path stays as it is, and without `add` so does one that begins with
 * `strip`: the backend knows where it stands. Slashes at the end of either do
 * not count, nor does how much of them is percent-encoded: strip is put as
 * uri_put_path does.
 * Names are "host:port", or "host" for any port. */
struct remap {
	const struct slice *names; /* authorities that mean the backend */
	unsigned nnames;
	struct slice scheme;    /* as the client asked, or empty: unknown */
	struct slice authority; /* the same; "shop.example:8080" */
	struct slice strip;     /* the route's strip_prefix, may be empty */
	struct slice add;       /* its add_prefix, may be empty */
};

/* Each of these appends the changed value to b and returns true, or appends
 * nothing and returns false where nothing is to be changed. Values are those
 * of fields, without control bytes; what is written has no bytes but theirs,
 * those of m, and slashes and colons of URIs. */

/* A Location or Content-Location (RFC 9110, 10.2.2 and 8.7). An http or https
 * URI, or one that begins with "//", whose authority means the backend gets
 * the client's scheme and authority; where these are unknown the path alone is
 * left. A path is mapped. What is relative to the path of the request, or means
 * another place, is left alone. A path alone never comes out with a beginning
 * that a browser takes for an authority. */
bool remap_uri(const struct remap *m, struct slice uri, struct buf *b);

/* The URI in a Refresh: "5; url=/a", perhaps in quotes. */
bool remap_refresh(const struct remap *m, struct slice value, struct buf *b);

/* A Set-Cookie (RFC 6265, 4.1): a Domain that means the backend is taken out, a
 * Path is mapped, unless strip has a ';' - "/" to strip without a slash behind
 * it, which means strip itself, too -, and all else is kept byte by byte. */
bool remap_cookie(const struct remap *m, struct slice value, struct buf *b);

#endif
