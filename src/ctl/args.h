/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of porticoctl(8), read by the table of its commands. */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

/* Which options a command takes beside those that all take. */
enum {
	ARGS_WAIT = 1,     /* --wait[=SECONDS] */
	ARGS_GRACEFUL = 2, /* --graceful */
	ARGS_FORCE = 4,    /* --force */
	ARGS_LOOKS = 8,    /* -n N */
	ARGS_SOFT = 16,    /* --soft */
	ARGS_BAN = 32,     /* --host, --prefix, --re, --tag */
};

#define ARGS_WORDS 8

struct args {
	const char *socket, *file; /* NULL: not given */
	bool json;
	unsigned given;   /* ARGS_ bits */
	unsigned seconds; /* of --wait; 0: without end */
	unsigned looks;   /* of -n; 0: without end */
	const char *host, *prefix, *re, *tag; /* NULL: not given */
	const struct command *command;
	const char *words[ARGS_WORDS]; /* behind the command's name */
	unsigned nwords;
};

/* Returns true, or prints what is wrong (or what -h and -V ask for) and says
 * with which code to leave. */
bool args_read(struct args *to, int argc, char **argv, int *code);

#endif
