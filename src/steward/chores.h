/* SPDX-License-Identifier: BSD-2-Clause */
/* Chores: operators' orders to the cache are carried out. */
#ifndef STEWARD_CHORES_H
#define STEWARD_CHORES_H

#include <stdint.h>

#include "conf/conf.h"
#include "shm/bans.h"

/* Once per steward. subject reads the records of entries. */
void chores_init(const struct conf *conf, bans_subject *subject);

/* The newest steward begins, continues and ends what the master has ordered,
 * and holds some entries against the bans. Does not block. Returns clock_ms of
 * its next look. */
uint64_t chores_look(uint64_t now);

#endif
