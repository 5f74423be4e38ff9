/* SPDX-License-Identifier: BSD-2-Clause */
/* The overlay: what operators have laid over the file, at run time. */
#ifndef MASTER_OVERLAY_H
#define MASTER_OVERLAY_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/command.h"
#include "shm/board.h"

#define OVERLAY_CHANGES 1024 /* backends added and removed */
#define OVERLAY_ORDERS 4096  /* backends with an order or a weight */

/* Of a name as operators gave it: a backend's, which stands for all members of
 * a host name, or that of one member ("app/web#2"), which goes before. */
struct overlay_order {
	char name[BOARD_NAME];
	enum board_order order;
	uint32_t weight; /* + 1; 0: the file's */
};

/* ---- Orders and weights ---- */

/* False if there are too many. */
bool overlay_set_order(const char *name, enum board_order order);
bool overlay_set_weight(const char *name, uint32_t weight);

/* All that is known of "pool/name" and its members is forgotten. */
void overlay_forget(const char *name);

/* What holds for a backend, by its own name or by that of its host. */
struct overlay_order overlay_of(const struct conf_backend *b);

/* Writes that on its row of the board. */
void overlay_lay(const struct conf_backend *b, struct board_row *row);

/* By number, from 0; NULL: no more. */
const struct overlay_order *overlay_order_at(unsigned n);

/* "pool/backend", cut if it is longer. */
void overlay_name(const char *pool, const char *name, char to[BOARD_NAME]);

/* ---- Backends added and removed, and numbers of workers ---- */

/* Takes up ADD (with its name), REMOVE or SET_WORKERS. False if there are too
 * many. */
bool overlay_add(const struct command *c);

/* A backend that was added goes by being forgotten. */
void overlay_drop_added(const struct command *c);

/* As it was before the last of these: it came to nothing. */
void overlay_take_back(void);

/* For conf_options; valid until the next change. NULL: there is none. */
const struct conf_changes *overlay_changes(void);

/* ---- All of them ---- */

unsigned overlay_count(void);

/* Calls `each` for commands that lead here again, in their order. */
void overlay_walk(void (*each)(const struct command *c, void *arg),
    void *arg);

/* Takes up what overlay_walk has given. False if it is none of these, or too
 * much. */
bool overlay_apply(const struct command *c);

/* ---- The file that keeps it over a restart ---- */

#define OVERLAY_FILE "portico.state" /* in state_dir */

/* Takes up the changes that are written in the folder. What is no lawful line
 * is logged and passed over; a file that is another user's, too large or no
 * file is left alone and told of. No file: no change. May block. */
void overlay_read(const char *dir);

/* Writes all changes there, a command a line: whole, or the file stays as it
 * was. False, logged, if it cannot be. May block on the disk. */
bool overlay_write(const char *dir);

#endif
