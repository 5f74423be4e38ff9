/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures that grow old: rates, latencies, budgets. */
#ifndef STEWARD_FIGURES_H
#define STEWARD_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* Once per steward, before the other; it knows no count yet. */
void figures_init(unsigned nbackends);

/* Each second, at clock_ms now: lifts the budgets of retries; lets the average
 * latency of a backend that had no answer sink, so that it is tried again. The
 * newest steward also writes the rates, and halves the counts of latencies
 * every 30 seconds. */
void figures_keep(const struct conf *conf, uint64_t now, bool newest);

#endif
