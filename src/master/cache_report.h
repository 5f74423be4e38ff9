/* SPDX-License-Identifier: BSD-2-Clause */
/* The report about the cache: what it has, and did for each route. */
#ifndef MASTER_CACHE_REPORT_H
#define MASTER_CACHE_REPORT_H

#include "conf/conf.h"
#include "master/reply.h"

/* Its records: figures are the steward's, of a second ago at most; none if
 * there is no cache. */
void cache_report(struct reply *r, const struct conf *conf);

#endif
