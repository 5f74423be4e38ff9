/* SPDX-License-Identifier: BSD-2-Clause */
/* Validators: entity tags and conditions on them (RFC 9110, 8.8, 13). */
#ifndef HTTP_ETAG_H
#define HTTP_ETAG_H

#include <stdbool.h>
#include <time.h>

#include "base/slice.h"
#include "http/head.h"

/* True if s is one entity tag, W/ before it or not. */
bool etag_is_valid(struct slice s);

bool etag_is_weak(struct slice s);

/* RFC 9110, 8.8.3.2. False if one of them is none. */
bool etag_equal_strong(struct slice a, struct slice b);
bool etag_equal_weak(struct slice a, struct slice b);

/* What a cache knows of what it has. */
struct validators {
	struct slice etag;    /* n 0: none */
	bool has_modified;
	time_t modified;      /* Last-Modified */
	time_t date;          /* Date of the response */
};

enum precondition { PRECONDITION_NONE, PRECONDITION_TRUE,
	PRECONDITION_NOT_MODIFIED, PRECONDITION_FAILED };

/* If-None-Match and, where it is missing, If-Modified-Since of a GET or HEAD
 * (RFC 9110, 13.1.2, 13.1.3, 13.2.2; RFC 9111, 4.3.2): NOT_MODIFIED is 304.
 * now: seconds, for dates with two-digit years. If-Match and
 * If-Unmodified-Since are the backend's to judge. */
enum precondition etag_judge(const struct head *request,
    const struct validators *have, time_t now);

/* If-Range: true if the Range of the request may be used (RFC 9110, 13.1.5):
 * there is no If-Range, or it names, strongly, what we have. */
bool etag_allows_range(const struct head *request,
    const struct validators *have, time_t now);

#endif
