/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals of the master: counted by handlers, taken by its loop. */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/* Blocks and catches HUP, QUIT, TERM, INT, USR1 and CHLD. */
void signals_catch(void);

/* True once for each time that it came since (or several times at once). */
bool signals_take(int signal);

/* As if it had come. */
void signals_raise(int signal);

/* poll(2) that lets signals in. */
int signals_wait(struct pollfd *p, nfds_t n, int ms);

#endif
