/* SPDX-License-Identifier: BSD-2-Clause */
/* Reaping: the master buries its children and orders their successors. */
#ifndef MASTER_REAP_H
#define MASTER_REAP_H

#include <stdbool.h>

#include "master/master.h"
#include "master/spawn.h"
#include "master/young.h"

/* Buries every child that has died. Sets *logger_died if the logger was one
 * of them. */
void reap_all(bool *logger_died);

/* One that died young: the others of *y wait, and the log says so. */
void reap_wait_for_better(struct young *y, const struct child *c);

/* Orders what is missing, unless it has to wait: successors of processes that
 * died young, workers that a steward wants, stewards. Returns clock_ms at
 * which it wants to be called again, 0: not. */
unsigned long long reap_order_again(void);

/* True if there is no logger, and it need not wait. */
bool reap_wants_logger(void);

#endif
