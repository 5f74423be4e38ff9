/* SPDX-License-Identifier: BSD-2-Clause */
/* Reaping: the master buries its children and orders their successors. */
#ifndef MASTER_REAP_H
#define MASTER_REAP_H

#include <stdbool.h>

#include "master/master.h"

/* Buries every child that has died. Sets *logger_died if the logger was one
 * of them. */
void reap_all(bool *logger_died);

/* Orders again what could not be ordered at once: successors of processes
 * that died young, and families without a steward. Returns clock_ms at which
 * it wants to be called again, 0: not. */
unsigned long long reap_order_again(void);

#endif
