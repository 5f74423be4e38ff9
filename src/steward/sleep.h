/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward's sleep: orders, wakes and descriptors of its own end it. */
#ifndef STEWARD_SLEEP_H
#define STEWARD_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

/* The first steward, once, when the lobby is open and before it clones: the
 * set is lobby.sleep, which heirs inherit. False (errno) if the system is
 * short of something. */
bool sleep_open(void);

/* fd has a row of the kind CONN_PROBE or CONN_RESOLVER, owned by the caller,
 * the steward. While it is ready for any of `events` (EPOLLIN, EPOLLOUT), or
 * broken, each sleep ends and calls whoever has that kind, as the table in
 * sleep.c says. 0: it is watched no more. Close takes it out of the set. */
void sleep_watch(int fd, uint32_t events);

/* Blocks until clock_ms is `when` or something has happened, and calls those
 * whose descriptors are ready, a batch at most. True if somebody has woken
 * the steward, who is to look at everything. */
bool sleep_until(uint64_t when);

#endif
