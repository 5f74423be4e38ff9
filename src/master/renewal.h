/* SPDX-License-Identifier: BSD-2-Clause */
/* Renewal: new certificates on the disk get new gates. */
#ifndef MASTER_RENEWAL_H
#define MASTER_RENEWAL_H

#include <stdbool.h>

#include "master/facts.h"
#include "master/master.h"

/* A generation runs that the last inspection was of: what is watched from now
 * on are its files. */
void renewal_follow(void);

/* The certificates of its gates. */
const struct facts *renewal_facts(void);

/* Looks at the files every 2 s. When they have changed, and stayed as they are
 * for one more look, they are inspected; if they are fine the generation that
 * runs gets new gates, and else nothing happens until they change again: an
 * error says so. Warns once a day of certificates that end soon; the first
 * time at once if nobody has seen the warnings of the start. May block on the
 * disk. Returns clock_ms at which it wants to be called again. */
unsigned long long renewal_look(const struct master_task *task, bool started);

#endif
