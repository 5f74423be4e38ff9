/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of porticoctl's commands: names, arguments, who runs them. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/args.h"

/* Returns the exit code. May block. */
typedef int command_run(const struct args *a);

struct command {
	const char *name;      /* one word or two */
	const char *arguments; /* as -h shows them */
	const char *doc;
	unsigned least, most;  /* arguments */
	unsigned options;      /* ARGS_ bits */
	unsigned patience;     /* milliseconds */
	command_run *run;
};

extern const struct command command_table[];
extern const unsigned command_count;

#endif
