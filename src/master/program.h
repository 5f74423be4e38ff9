/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: where the file is that a master was started from. */
#ifndef MASTER_PROGRAM_H
#define MASTER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* The path that this process was called by, absolute, with links as they are
 * named: what stands there later is what an upgrade runs. To be called while
 * the folder is that of the caller. False if there is none. */
bool program_path(const char *called, char *to, size_t room);

#endif
