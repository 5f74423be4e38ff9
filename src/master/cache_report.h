/* SPDX-License-Identifier: BSD-2-Clause */
/* The report about the cache: what it has, and did for each route. */
#ifndef MASTER_CACHE_REPORT_H
#define MASTER_CACHE_REPORT_H

#include "conf/conf.h"
#include "master/reply.h"

/* The whole answer to "cache status". */
void cache_report(struct reply *r, const struct conf *conf);

/* Its records alone, for "status"; none if there is no cache. */
void cache_report_records(struct reply *r, const struct conf *conf);

#endif
