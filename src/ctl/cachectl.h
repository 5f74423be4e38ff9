/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the cache, and how it is shown. */
#ifndef CTL_CACHECTL_H
#define CTL_CACHECTL_H

#include "ctl/answer.h"
#include "ctl/args.h"

int cachectl_status(const struct args *a);
int cachectl_purge(const struct args *a);
int cachectl_ban(const struct args *a);

/* A line about the cache of a status, with an empty one before it; nothing if
 * there is none. */
void cachectl_print(const struct answer *answer);

/* The same as a member of an object, with a comma before it. */
void cachectl_json(const struct answer *answer);

#endif
