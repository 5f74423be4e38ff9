/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache-Control, and fields like it that speak to one kind of cache. */
#ifndef HTTP_CACHECONTROL_H
#define HTTP_CACHECONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "http/head.h"

#define CACHECONTROL_NONE (-1) /* there is no such directive */
#define CACHECONTROL_ANY INT64_MAX /* max-stale without a number */

/* What the directives say, of requests and of responses (RFC 9111, 5.2; RFC
 * 5861). Times are seconds, at most 2^31, CACHECONTROL_NONE where there are
 * none. Of one that is said twice the stricter counts, and one whose argument
 * is none that it can have is taken for the strictest: max-age=0. */
struct cachecontrol {
	bool any;              /* there is a directive at all */
	bool no_store, no_cache, is_private, is_public;
	bool must_revalidate, proxy_revalidate, must_understand;
	bool only_if_cached;
	/* the lists of no-cache="..." and private="...": then no_cache and
	 * is_private are false. More than one line of them: the flag. */
	struct slice no_cache_fields, private_fields;
	int64_t max_age, s_maxage, min_fresh, max_stale;
	int64_t stale_while_revalidate, stale_if_error;
};

/* All Cache-Control fields of a head; Pragma: no-cache counts where there is
 * none (RFC 9111, 5.4), in requests. */
void cachecontrol_of(const struct head *h, bool is_request,
    struct cachecontrol *to);

/* CDN-Cache-Control: a dictionary of structured fields (RFC 9213, 2.1). False:
 * there is none, it is empty, it is none that can be parsed, or every directive
 * in it has a value of the wrong type: then it says nothing, and Cache-Control
 * counts. */
bool cachecontrol_targeted(const struct head *h, struct cachecontrol *to);

/* What a response says to a shared cache near its backends: the targeted field
 * alone where there is one (RFC 9213, 2.2: returns true, and Expires does not
 * count either), else Cache-Control. */
bool cachecontrol_of_response(const struct head *h, struct cachecontrol *to);

#endif
