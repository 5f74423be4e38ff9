/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's loop: who waits for a descriptor or a time, and is called. */
#ifndef GATE_LOOP_H
#define GATE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* One that waits: part of its owner, who zeroes it, sets the calls and enters
 * it. A call may make any entry leave, its own too. */
struct loop_entry {
	void (*ready)(struct loop_entry *e, uint32_t events); /* of epoll */
	void (*late)(struct loop_entry *e); /* its time is over, once */
	int fd;          /* -1: it waits for a time alone */
	uint32_t armed;  /* 0: it is not in the set */
	unsigned number; /* 0: it has not entered */
};

/* Room for so many entries. False (errno) if the system is short. */
bool loop_open(unsigned room);

/* False if there is no room. */
bool loop_enter(struct loop_entry *e, int fd);

/* Level-triggered; 0: neither events nor errors of it are of interest. With
 * EPOLLEXCLUSIVE: for sockets on which several gates accept. */
bool loop_arm(struct loop_entry *e, uint32_t events);

/* e->late is called then (clock_ms), instead of when it was to be called. */
void loop_late_at(struct loop_entry *e, uint64_t when);

/* Neither is called any more. The descriptor is left open. */
void loop_leave(struct loop_entry *e);

/* Sleeps until something can be called, and calls it: a batch of it. */
void loop_turn(void);

#endif
