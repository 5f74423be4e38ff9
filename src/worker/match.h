/* SPDX-License-Identifier: BSD-2-Clause */
/* Which route of a site a request takes. */
#ifndef WORKER_MATCH_H
#define WORKER_MATCH_H

#include "worker/regex.h"

/* The first route of r->site whose conditions all hold: r->route, with
 * r->rest and r->captures. NO: none; FAILED: a regex took too long. */
enum match match_route(struct request *r);

/* Whether some request for the path of r may come to that route, whatever its
 * method, its fields and its client are. */
bool match_may_take(const struct conf_route *route, const struct request *r);

#endif
