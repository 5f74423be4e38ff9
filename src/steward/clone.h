/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the processes of a family. */
#ifndef STEWARD_CLONE_H
#define STEWARD_CLONE_H

/* A process in slot n, which is ordered: memory of its own, the family's
 * descriptor table, the master as its parent. Its pid is stored in the slot
 * by the kernel before it runs. It lives in run(n), which does not return.
 * A clone that fails is logged and the slot stays ordered. */
void clone_into(unsigned n, void (*run)(unsigned n));

/* First thing of a process that was made: it dies with the master and has
 * the name of its role. */
void clone_begin(unsigned n, int master);

#endif
