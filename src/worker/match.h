/* SPDX-License-Identifier: BSD-2-Clause */
/* Which route of a site a request takes. */
#ifndef WORKER_MATCH_H
#define WORKER_MATCH_H

#include "worker/regex.h"

/* The first route of r->site whose conditions all hold: r->route, with
 * r->rest and r->captures. NO: none; FAILED: a regex took too long. */
enum match match_route(struct request *r);

#endif
