/* SPDX-License-Identifier: BSD-2-Clause */
/* What would become of a request: portico -x. */
#ifndef WORKER_EXPLAIN_H
#define WORKER_EXPLAIN_H

#include <stdio.h>

#include "conf/conf.h"

struct request;

struct explain {
	const char *request;       /* "GET http://host:port/path" */
	const char *const *fields; /* "Name: value", NULL-terminated */
	const char *client;        /* address, or NULL: 127.0.0.1 */
};

/* Writes to `to` the listener, site, route and pool that the request would
 * meet, what it would be answered with or how it would be sent on, by the same
 * code that carries requests. False, with a line on `errors`, if it is no
 * request. Opens no connection. */
bool explain_request(const struct conf *conf, const struct explain *x,
    FILE *to, FILE *errors);

/* The part of it about the cache, if the request's route has one. */
void explain_cache(FILE *to, const struct request *r);

#endif
