/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals of the master: counted by handlers, taken by its loop. */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

#include "master/legacy.h"
#include "master/will.h"

/* Blocks and catches HUP, QUIT, TERM, INT, USR1, USR2 and CHLD. */
void signals_catch(void);

/* True once for each time that it came since (or several times at once). */
bool signals_take(int signal);

/* As if it had come. */
void signals_raise(int signal);

/* What came and was not taken yet, for the program that follows, and from the
 * one before. */
void signals_leave(struct will *w);
void signals_inherit(struct legacy *l);

/* poll(2) that lets signals in. */
int signals_wait(struct pollfd *p, nfds_t n, int ms);

#endif
