/* SPDX-License-Identifier: BSD-2-Clause */
/* The master's listening sockets: kept over reloads by address. */
#ifndef MASTER_BIND_H
#define MASTER_BIND_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/legacy.h"
#include "master/will.h"
#include "shm/lobby.h"

/* Binds what is not bound yet and fills l->listeners, and l->gated with those
 * that have TLS. False if an address cannot be had: every such address is
 * logged, and what was newly bound is closed again. */
bool bind_all(const struct conf *conf, struct lobby *l);

/* Closes the sockets that the configuration (NULL: none) does not name. */
void bind_close_others(const struct conf *conf);

/* The sockets, for the program that follows, and from the one before. Then
 * bind_find fills the lists of a family that it has left, as far as they are
 * bound still. */
void bind_leave(struct will *w);
void bind_inherit(struct legacy *l);
void bind_find(const struct conf *conf, struct lobby *l);

#endif
