/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of backends: looked up again and again, and brought to the board. */
#ifndef STEWARD_RESOLVE_H
#define STEWARD_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* This process has become the steward of this configuration's family. */
void resolve_init(const struct conf *conf);

/* Looks up what is due, if this family is the newest (a younger one, that is
 * not in service yet, only what nobody has looked up before); closes idle
 * connections to addresses that are no more. Never blocks. Returns the
 * clock_ms of its next look, UINT64_MAX if there are no names. */
uint64_t resolve_look(uint64_t now);

/* A descriptor of kind CONN_RESOLVER is ready. */
void resolve_event(unsigned row, uint32_t events);

/* Gives up what is under way: the family ends. */
void resolve_stop(void);

/* Each name has an address, or has been looked up once; or they have taken
 * too long: 2 s. */
bool resolve_is_settled(uint64_t now);

#endif
