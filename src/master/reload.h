/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the configuration again. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "master/master.h"

/* Loads and verifies it; every error goes to the log, a line each. NULL if
 * there is one: nothing has changed. */
struct conf *reload_conf(const struct master_task *task);

#endif
