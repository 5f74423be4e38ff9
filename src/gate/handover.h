/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing sockets over to the family, one message each. */
#ifndef GATE_HANDOVER_H
#define GATE_HANDOVER_H

#include <stdbool.h>

#include "net/stream.h"
#include "shm/arrival.h"
#include "shm/lobby.h"

struct queue;

/* Who waits for room; part of its owner, zeroed before its first wait. */
struct handover_wait {
	void (*again)(struct handover_wait *w); /* there may be room now */
	struct handover_wait *next;
	struct queue *queue;
};

/* Once: the socket to that family. False if the loop has no room for it. */
bool handover_open(const struct lobby *l);

/* False while the family has as many clients as it may, those that are on
 * their way to it included. For clients: handover_await_place, then. */
bool handover_has_place(void);

/* Sends *a with a->nfacts bytes of facts and, unless it is -1, a descriptor,
 * which stays open here. IO_WAIT: no room; handover_join, and try again when
 * called. IO_BROKEN: nobody is there any more. */
enum io handover_send(const struct arrival *a, int fd);

/* In the queue for room, or for a place; out of it before its turn. */
void handover_join(struct handover_wait *w);
void handover_await_place(struct handover_wait *w);
void handover_leave(struct handover_wait *w);

#endif
