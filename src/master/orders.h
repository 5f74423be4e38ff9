/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders: what the master does on command. */
#ifndef MASTER_ORDERS_H
#define MASTER_ORDERS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/command.h"
#include "master/reply.h"

/* True if the command changes something: it is to be logged. */
bool orders_change(const struct command *c);

/* Does it, and answers. False: the answer is due when the reload or upgrade
 * ends that it wants: orders_carry_out begins that; or it comes by
 * charge_look. */
bool orders_obey(const struct command *c, struct reply *r);

/* What could not be done before the answer was sent, or the caller waits. */
void orders_carry_out(void);

/* A reload has ended: a change at run time that it was for is kept, or taken
 * back. */
void orders_reload_ended(bool fine);

/* The configuration that runs from now on: its state_dir keeps the
 * changes. */
void orders_follow(const struct conf *conf);

#endif
