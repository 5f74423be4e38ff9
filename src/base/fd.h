/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: which stay open, and how many there may be. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes all descriptors but those in keep, which gets sorted. */
void fd_close_all_but(int *keep, size_t n);

/* Sets the soft limit of descriptors to n, raising the hard one where that
 * is allowed; false if it is not. */
bool fd_limit(unsigned n);

/* Raises the hard limit to n where that is allowed. Returns the hard limit,
 * which fd_limit can reach later without privileges. */
unsigned fd_limit_raise(unsigned n);

bool fd_is_open(int fd);

/* Sends a message over a unix socket, with a descriptor if fd is not -1. Does
 * not block: as sendmsg(2). */
ssize_t fd_send(int to, const void *p, size_t n, int fd);

/* Standard input, output and error are /dev/null from now on: who started us
 * has them for itself. */
void fd_let_go_of_stdio(void);

#endif
