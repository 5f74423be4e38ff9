/* SPDX-License-Identifier: BSD-2-Clause */
/* The report: what the master knows of everything, and the board says. */
#ifndef MASTER_REPORT_H
#define MASTER_REPORT_H

#include "master/reply.h"

/* Records of processes, generations, pools and backends. What shared memory
 * says is a stranger's: it is copied and bounded, no lock is taken, and a
 * figure may be a moment old. */
void report_status(struct reply *r);

#endif
