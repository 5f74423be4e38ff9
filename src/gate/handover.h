/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing sockets over to the family, one message each. */
#ifndef GATE_HANDOVER_H
#define GATE_HANDOVER_H

#include <stdbool.h>

#include "net/stream.h"
#include "shm/arrival.h"

/* Who waits for room; part of its owner, zeroed before its first wait. */
struct handover_wait {
	void (*again)(struct handover_wait *w); /* there may be room now */
	struct handover_wait *next;
	int waits;
};

/* Once: the family's socket. False (errno) if the loop cannot watch it. */
bool handover_open(int fd);

/* Sends *a with a->nfacts bytes of facts and, unless it is -1, a descriptor,
 * which stays open here. IO_WAIT: no room; handover_join, and try again when
 * called. IO_BROKEN: nobody is there any more. */
enum io handover_send(const struct arrival *a, int fd);

/* In the queue for room, or out of it before its turn. */
void handover_join(struct handover_wait *w);
void handover_leave(struct handover_wait *w);

#endif
