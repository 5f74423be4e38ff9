/* SPDX-License-Identifier: BSD-2-Clause */
/* The watch over the board: what it says is made true, and told. */
#ifndef STEWARD_WATCH_H
#define STEWARD_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* Once per steward, before the others: it knows no state yet, and the first
 * one that it sees of each backend is no change. */
void watch_init(const struct conf *conf);

/* This family is the newest: it probes, and writes on the board. */
bool watch_is_newest(void);

/* Looks at every backend at clock_ms now: works out what workers scan and
 * serves the queues; the newest steward also ends ejections, logs each change
 * of state and, each second, keeps rates and figures. Does not block. Returns
 * clock_ms of its next look: a second away at most, 100 ms while something
 * moves. */
uint64_t watch_look(uint64_t now);

/* The newest steward has written something about b: as watch_look for it
 * alone. */
void watch_changed(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now);

/* The newest steward: ends the ejection of b before its time, why as in
 * "2 good checks"; false if it had ended. watch_changed is the caller's. */
bool watch_end_ejection(const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now, const char *why);

#endif
