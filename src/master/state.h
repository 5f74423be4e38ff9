/* SPDX-License-Identifier: BSD-2-Clause */
/* The state file: changes at run time, kept over a restart. */
#ifndef MASTER_STATE_H
#define MASTER_STATE_H

#include <stdbool.h>

#define STATE_FILE "portico.state" /* in state_dir */

/* Takes up the changes that are written in the folder. What is no lawful line
 * is logged and passed over; a file that is another user's, too large or no
 * file is left alone and told of. No file: no change. May block. */
void state_read(const char *dir);

/* Writes all changes there, a command a line: whole, or the file stays as it
 * was. False, logged, if it cannot be. May block on the disk. */
bool state_write(const char *dir);

#endif
