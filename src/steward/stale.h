/* SPDX-License-Identifier: BSD-2-Clause */
/* Idle connections to addresses that a name has no more. */
#ifndef STEWARD_STALE_H
#define STEWARD_STALE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* This process has become the steward of this configuration's family. */
void stale_init(const struct conf *conf);

/* Closes the idle connections of members whose address has changed since the
 * last look, by whatever family's steward, and of those that have none.
 * Looks each second, and when one has `moved` just now. Returns the clock_ms
 * of its next look, UINT64_MAX if there are no names. */
uint64_t stale_look(uint64_t now, bool moved);

#endif
