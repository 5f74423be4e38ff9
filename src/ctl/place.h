/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the master's socket is. */
#ifndef CTL_PLACE_H
#define CTL_PLACE_H

#include "ctl/args.h"

struct place {
	char *path; /* malloc's */
	char *note; /* NULL, or what there is to say of it when nobody
		     * answers there; malloc's */
};

/* That of -s; else what the configuration says, of which only that much need
 * be right; else RUNDIR/portico.sock. May block (reads files). */
void place_find(struct place *to, const struct args *a);
void place_fini(struct place *place);

#endif
