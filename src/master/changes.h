/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes at run time: what operators have ordered, by name. */
#ifndef MASTER_CHANGES_H
#define MASTER_CHANGES_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/command.h"
#include "shm/board.h"

#define CHANGES 1024       /* backends added and removed */
#define CHANGES_ORDERS 4096 /* backends with an order or a weight */

/* Of a name as operators gave it: a backend's, which stands for all members of
 * a host name, or that of one member ("app/web#2"), which goes before. */
struct change_order {
	char name[BOARD_NAME];
	enum board_order order;
	uint32_t weight; /* + 1; 0: the file's */
};

/* ---- Orders and weights ---- */

/* False if there are too many. */
bool changes_set_order(const char *name, enum board_order order);
bool changes_set_weight(const char *name, uint32_t weight);

/* All that is known of "pool/name" and its members is forgotten. */
void changes_forget(const char *name);

/* What holds for a backend, by its own name or by that of its host. */
struct change_order changes_of(const struct conf_backend *b);

/* Writes that on its row of the board. */
void changes_lay(const struct conf_backend *b, struct board_row *row);

/* By number, from 0; NULL: no more. */
const struct change_order *changes_order_at(unsigned n);

/* "pool/backend", cut if it is longer. */
void changes_name(const char *pool, const char *name, char to[BOARD_NAME]);

/* ---- Backends added and removed, and numbers of workers ---- */

/* Takes up ADD (with its name), REMOVE or SET_WORKERS. False if there are too
 * many. */
bool changes_add(const struct command *c);

/* A backend that was added goes by being forgotten. */
void changes_drop_added(const struct command *c);

/* As it was before the last of these: it came to nothing. */
void changes_take_back(void);

/* For conf_options; valid until the next change. NULL: there is none. */
const struct conf_changes *changes_for_conf(void);

/* ---- All of them ---- */

unsigned changes_count(void);

/* Calls `each` for commands that lead here again, in their order. */
void changes_walk(void (*each)(const struct command *c, void *arg),
    void *arg);

/* Takes up what changes_walk has given. False if it is none of these, or too
 * much. */
bool changes_apply(const struct command *c);

#endif
