/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a response may be stored, and for how long (RFC 9111, 3 and 4.2). */
#ifndef HTTP_FRESHNESS_H
#define HTTP_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "http/cachecontrol.h"
#include "http/head.h"

/* What the operator adds; seconds. */
struct freshness_rules {
	int64_t default_ttl; /* where the response says nothing; 0: none */
	int64_t max_ttl;
	int64_t stale_while_revalidate, stale_if_error; /* likewise */
};

/* What a stored response is worth; times in seconds. */
struct freshness {
	int64_t received;  /* when it came, of the epoch */
	int64_t age;       /* that it had then: corrected_initial_age */
	int64_t delay;     /* part of age: it was under way so long */
	int64_t lifetime;  /* of all its age; 0: stale from the start */
	int64_t stale_while_revalidate, stale_if_error; /* behind that */
	bool validate;     /* never used without asking: no-cache */
	bool strict;       /* never used stale: must-revalidate,
			    * proxy-revalidate, s-maxage */
	bool heuristic;    /* nothing said its lifetime (RFC 9111, 4.2.2) */
};

enum freshness_store {
	STORE_YES,
	STORE_NO,       /* this one may not be; the next may */
	STORE_NEVER,    /* it says so: do not make others wait for the next */
};

/* Judges a response to a request for a shared cache (RFC 9111, 3 and 3.5; RFC
 * 9213). asked and received: seconds of the epoch. *why is NULL or why not, a
 * token; *to is set if it may be. A stale one may be stored if it can be asked
 * for again, by its validator, or used stale; one that says nothing of its
 * lifetime, where nobody may guess it, is not. What needs no judgement here:
 * the method (GET), Vary: *. */
enum freshness_store freshness_of(const struct head *request,
    const struct head *response, const struct freshness_rules *rules,
    int64_t asked, int64_t received, struct freshness *to, const char **why);

/* The response to a request that says who asks may be stored for others, by
 * its own word (RFC 9111, 3.5). */
bool freshness_is_for_all(const struct head *response);

/* The same times for a response that a 304 has freshened: response is the
 * stored one with the new fields in it. False: they say that it is not to be
 * kept, but *to is set all the same. */
bool freshness_renew(const struct head *response,
    const struct freshness_rules *rules, int64_t asked, int64_t received,
    struct freshness *to);

enum freshness_use {
	USE_FRESH,      /* as it is */
	USE_STALE,      /* as it is: the request takes it stale (max-stale) */
	USE_AND_RENEW,  /* as it is, and it is asked for in the background */
	USE_IF_ERROR,   /* only if its backend cannot be asked */
	USE_IF_DOWN,    /* only if no backend can be asked at all */
	USE_NOT,        /* not without asking */
};

int64_t freshness_age(const struct freshness *f, int64_t now);

/* What may be done with it at `now` for a request with those directives (RFC
 * 9111, 4.2.4, 5.2.1; RFC 5861). invalid: it is to be taken for stale as of
 * now. max_stale: the operator's, for USE_IF_DOWN; seconds. */
enum freshness_use freshness_use(const struct freshness *f, int64_t now,
    const struct cachecontrol *request, bool invalid, int64_t max_stale);

#endif
