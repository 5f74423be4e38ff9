/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in effect: how it differs from the file, and as a file. */
#ifndef MASTER_CONFIG_H
#define MASTER_CONFIG_H

#include "conf/conf.h"
#include "master/reply.h"

/* What was changed at run time: a record for each. file: the configuration
 * without changes, NULL if it does not load any more. */
void config_diff(struct reply *r, const struct conf *file,
    const struct conf *now);

/* All of it as lines of a file, states and weights as ordered. */
void config_save(struct reply *r, struct conf *now);

#endif
