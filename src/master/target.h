/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets: the pools and backends that commands name. */
#ifndef MASTER_TARGET_H
#define MASTER_TARGET_H

#include "conf/conf.h"
#include "master/command.h"
#include "master/reply.h"

/* NULL if the configuration has none of that name: then the reply is the
 * error that says so. Of a host name's members the first one stands for
 * all. */
const struct conf_pool *target_pool(const struct conf *conf,
    const struct command *c, struct reply *r);
const struct conf_backend *target_backend(const struct conf *conf,
    const struct command *c, struct reply *r);

/* How many backends follow b that it stands for, itself being one. */
unsigned target_members(const struct conf_backend *b);

/* Gives a backend that is to be added the name that it would have in the
 * file. NULL, or what is wrong (a constant). */
const char *target_name(const struct conf_pool *pool, struct command *c);

#endif
