/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's listening sockets: kept over reloads by address. */
#ifndef MASTER_BIND_H
#define MASTER_BIND_H

#include <stdbool.h>

#include "conf/conf.h"
#include "shm/lobby.h"

/* Binds what is not bound yet and fills l->listeners, and l->gated with those
 * that have TLS. False if an address cannot be had: every such address is
 * logged, and what was newly bound is closed again. */
bool bind_all(const struct conf *conf, struct lobby *l);

/* Closes the sockets that the configuration (NULL: none) does not name. */
void bind_close_others(const struct conf *conf);

#endif
