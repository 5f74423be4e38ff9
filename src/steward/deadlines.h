/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits that no descriptor ends. */
#ifndef STEWARD_DEADLINES_H
#define STEWARD_DEADLINES_H

#include <stdint.h>

#include "conf/conf.h"

/* Ends the waits that are past their deadline: rows are marked late and rung,
 * idle connections to backends closed. Returns the earliest deadline that is
 * left, at most a second from now, which head->wakes_at then says too. */
uint64_t deadlines_end(uint64_t now);

/* Looks, without waiting, at clients whose backend has long been thinking
 * and at idle backends: those that have closed are rung, or closed. */
void deadlines_glance(void);

/* Rings requests whose backend checks have found down, and that wait for its
 * answer: the workers decide which of them ask another one. */
void deadlines_leave(void);

/* Rings all that wait for a place in the pool. */
void deadlines_call(const struct conf_pool *pool);

/* Rings the idle clients of a family that is to end soon. */
void deadlines_hurry(void);

/* The number of clients, counted anew: a death may leave the running count
 * wrong. */
void deadlines_recount(void);

#endif
