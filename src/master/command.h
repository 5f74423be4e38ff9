/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: what a line to the master, or of its state file, asks for. */
#ifndef MASTER_COMMAND_H
#define MASTER_COMMAND_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/slice.h"

#define COMMAND_LINE 1024 /* bytes at most, without the newline */
#define COMMAND_POOL 72   /* a pool's name, with its NUL */
#define COMMAND_NAME ADDR_TEXT /* a backend's */
#define COMMAND_ADDRESS 264    /* host names are longer than addresses */
#define COMMAND_WRONG 400
#define COMMAND_WORKERS 128    /* at most: as the keys workers.min, .max */

enum command_verb { COMMAND_STATUS, COMMAND_RELOAD, COMMAND_UPGRADE,
	COMMAND_REOPEN, COMMAND_STOP, COMMAND_STOP_GRACEFUL,
	COMMAND_SET_WORKERS, COMMAND_DRAIN, COMMAND_ENABLE, COMMAND_DISABLE,
	COMMAND_WEIGHT, COMMAND_ADD, COMMAND_REMOVE, COMMAND_DIFF,
	COMMAND_SAVE, COMMAND_VERBS };

/* What a verb does not need is zero. */
struct command {
	enum command_verb verb;
	char pool[COMMAND_POOL];
	char name[COMMAND_NAME]; /* of a backend; ADD: may be "" */
	char address[COMMAND_ADDRESS]; /* ADD: not looked at yet */
	unsigned min, max; /* SET_WORKERS */
	unsigned weight;   /* WEIGHT, ADD: 0 to 256 */
	bool of_file;      /* WEIGHT: again as the file says */
	unsigned max_connections; /* ADD; 0: any number */
	bool backup;              /* ADD */
};

/* Takes a line without its newline apart: words with one space between them,
 * of printable ASCII. False, with what is wrong and would be right, if it is
 * no command. */
bool command_parse(struct slice line, struct command *c,
    char wrong[COMMAND_WRONG]);

/* The line that is parsed to that command; its length. */
size_t command_format(const struct command *c, char to[COMMAND_LINE]);

#endif
