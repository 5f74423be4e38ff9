/* SPDX-License-Identifier: BSD-2-Clause */
/* The unix socket that commands come through. */
#ifndef MASTER_SOCKET_H
#define MASTER_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>

struct socket {
	int fd; /* listening, does not block; -1: there is none */
	char path[108];
	dev_t dev;
	ino_t ino;
};

/* Makes it, with these rights and that group (NULL: ours). In the way of a
 * living master, or of what is no socket, nothing is changed; a socket that
 * nobody serves any more is replaced. False, logged, and fd -1; errno is
 * EADDRINUSE if a master is in the way. */
bool socket_open(struct socket *s, const char *path, unsigned mode,
    const char *group);

/* The group of that name; of NULL the one that we have. False, logged, if
 * there is none. */
bool socket_group(const char *name, gid_t *gid);

/* Gives an open one other rights. False, logged. */
bool socket_permit(const struct socket *s, unsigned mode, const char *group);

/* False if its name is another's now, or nobody's. */
bool socket_is_there(const struct socket *s);

/* Closes it, and removes its name if that is still its own. */
void socket_close(struct socket *s);

#endif
