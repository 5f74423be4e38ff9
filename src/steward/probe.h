/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes: the newest steward asks backends how they are. */
#ifndef STEWARD_PROBE_H
#define STEWARD_PROBE_H

#include <stdint.h>

#include "conf/conf.h"

/* Once per steward, before the others. What a dead one had open is settled
 * by its rows; counts of rise and fall begin anew, health is the board's. */
void probe_init(const struct conf *conf);

/* Begins the checks that are due at clock_ms now, ends those that have lasted
 * too long. Does not block: no check waits for another. Returns clock_ms of
 * its next look. Does nothing, and ends what is under way, when this is not
 * the newest family. */
uint64_t probe_look(uint64_t now);

/* A descriptor of the kind CONN_PROBE is ready: for sleep.c. */
void probe_event(unsigned row, uint32_t events);

/* Gates have something to say of checks over TLS: for sleep.c. */
void probe_hear(void);

/* Something is suspicious, or new, about this backend: its next check is due
 * now, but not sooner than 250 ms after the last one began. */
void probe_hurry(const struct conf_backend *b, uint64_t now);

/* Ends all checks without a result. */
void probe_stop(void);

#endif
