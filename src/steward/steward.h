/* SPDX-License-Identifier: BSD-2-Clause */
/* The steward: what the family needs done that is not carrying. */
#ifndef STEWARD_STEWARD_H
#define STEWARD_STEWARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "shm/bans.h"

/* What a family is made from; inherited by all of its processes. */
struct steward_task {
	const struct conf *conf;
	unsigned generation;
	pid_t master;
	bool background; /* it lets go of the starter's terminal */
	/* the life of a worker in slot n; does not return */
	void (*worker)(unsigned n, const struct conf *conf);
	bans_subject *subject; /* of records that workers write */
};

/* The life of the family's first process, forked by the master, in slot n.
 * Its privileges are dropped. Makes the family's table (PROTOCOLS 9). */
_Noreturn void steward_main(unsigned n, const struct steward_task *task);

/* For a worker whose bell rang: clones a steward where the master has ordered
 * one because steward and heir are both dead (PROTOCOLS 8). */
void steward_revive(void);

#endif
