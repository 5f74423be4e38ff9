/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: what a line to the master, or of its state file, asks for. */
#ifndef MASTER_COMMAND_H
#define MASTER_COMMAND_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/slice.h"
#include "shm/bans.h"

#define COMMAND_LINE 1024 /* bytes at most, without the newline */
#define COMMAND_POOL 72   /* a pool's name, with its NUL */
#define COMMAND_NAME ADDR_TEXT /* a backend's */
#define COMMAND_ADDRESS 264    /* host names are longer than addresses */
#define COMMAND_WRONG 400
#define COMMAND_URLS 16   /* of one command */
#define COMMAND_WORKERS 128    /* at most: as the keys workers.min, .max */

enum command_verb { COMMAND_STATUS, COMMAND_RELOAD, COMMAND_UPGRADE,
	COMMAND_REOPEN, COMMAND_STOP, COMMAND_STOP_GRACEFUL,
	COMMAND_SET_WORKERS, COMMAND_DRAIN, COMMAND_ENABLE, COMMAND_DISABLE,
	COMMAND_WEIGHT, COMMAND_ADD, COMMAND_REMOVE, COMMAND_DIFF,
	COMMAND_SAVE, COMMAND_CACHE_STATUS, COMMAND_CACHE_PURGE,
	COMMAND_CACHE_BAN, COMMAND_CACHE_WARM, COMMAND_VERBS };

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
	enum ban_kind ban; /* CACHE_BAN */
	char host[256];    /* CACHE_BAN: of that host only; or "" */
	char text[COMMAND_LINE]; /* CACHE_BAN, and the URLs of CACHE_PURGE and
				  * CACHE_WARM, with one blank between them */
	bool soft;         /* CACHE_PURGE, CACHE_BAN: stale only */
};

/* Takes a line without its newline apart: words with one space between them,
 * of printable ASCII. False, with what is wrong and would be right, if it is
 * no command. */
bool command_parse(struct slice line, struct command *c,
    char wrong[COMMAND_WRONG]);

/* The line that is parsed to that command; its length. */
size_t command_format(const struct command *c, char to[COMMAND_LINE]);

#endif
