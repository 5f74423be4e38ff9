/* SPDX-License-Identifier: BSD-2-Clause */
/* Privileges: whom the roles run as. */
#ifndef MASTER_PRIVS_H
#define MASTER_PRIVS_H

#include <stdbool.h>

#include "conf/conf.h"

/* Finds user and group of the configuration. False, logged, if there is none
 * of that name. Not root: nothing is looked up. */
bool privs_find(const struct conf *conf);

/* In a child: becomes that user, for good; no new privileges, no core, not to
 * be traced. Dies if that fails. */
void privs_drop(void);

#endif
