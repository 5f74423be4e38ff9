/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of porticoctl(8) agree on: its exit codes, and its limits. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

enum {
	CTL_FINE = 0,      /* it is done */
	CTL_REFUSED = 1,   /* the master refused, or it did not go well */
	CTL_USAGE = 2,     /* the command line was wrong */
	CTL_UNREACHED = 3, /* no master, or no whole answer from one */
	CTL_LATE = 4,      /* --wait: there was no time left */
};

/* Of a command, with its newline; of an answer's lines; of an answer. */
#define CTL_COMMAND_MAX 1024
#define CTL_LINE_MAX 65536
#define CTL_ANSWER_MAX (64u << 20)
#define CTL_LINES_MOST (1u << 18)

/* How long an answer may take, from connect to its end, in milliseconds; the
 * second is of those for which a generation is made. */
#define CTL_PATIENCE 10000
#define CTL_LONG_PATIENCE 60000

#endif
