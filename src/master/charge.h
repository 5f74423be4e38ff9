/* SPDX-License-Identifier: BSD-2-Clause */
/* Charge: what the newest steward is to do with the cache, and its answers. */
#ifndef MASTER_CHARGE_H
#define MASTER_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "master/command.h"
#include "master/reply.h"

/* Writes a chore for the steward. True: it is answered already (refused).
 * False: r is remembered, and answered by charge_look, within a minute. */
bool charge_begin(const struct command *c, struct reply *r);

/* Is that reply still to come from here? */
bool charge_is_due(const struct reply *r);

/* Answers what has been carried out, or takes too long. */
void charge_look(void);

/* Nobody waits for it any more: nor is it carried on with. */
void charge_forget(const struct reply *r);

/* clock_ms of the next look; 0: nobody waits. */
uint64_t charge_wakes_at(void);

#endif
