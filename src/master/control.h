/* SPDX-License-Identifier: BSD-2-Clause */
/* Control: commands of operators, through a unix socket. */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "master/legacy.h"
#include "master/will.h"

#define CONTROL_CALLERS 16
#define CONTROL_POLLS (CONTROL_CALLERS + 1)

/* Before a generation of conf is made: has the socket that conf names ready,
 * if it is not the one that is open. False, logged, if it cannot be, with
 * errno EADDRINUSE if another master serves it. Then control_commit once that
 * generation runs, or control_release if it never will. */
bool control_prepare(const struct conf *conf);
void control_commit(const struct conf *conf);
void control_release(void);

/* Of the socket that is open; "" if none is. */
const char *control_path(void);

/* What to wait for: fills CONTROL_POLLS at most, returns how many. Then what
 * has come is done, and nothing of it blocks on a client. */
nfds_t control_poll(struct pollfd *p);
void control_look(const struct pollfd *p, nfds_t n);


/* clock_ms at which somebody else may be let in, though nobody has left, or at
 * which what is under way is looked at; 0: there is no such time. */
unsigned long long control_wakes_at(void);

/* What callers wait for is over: they are told, with lines of the log. why:
 * what that means, if it did not go well. */
void control_ended(const char *why, const char *said, size_t n);

/* The socket and who is there, for the program that follows, and from the one
 * before. */
void control_leave(struct will *w);
void control_inherit(struct legacy *l);

/* Nobody is let in any more, the socket's name goes; those that are in get
 * their answers. */
void control_shut(void);


#endif
