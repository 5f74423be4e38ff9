/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking the master, and saying what went wrong. */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "base/log.h"
#include "ctl/answer.h"
#include "ctl/args.h"

/* Sends the command, and waits for the whole answer. CTL_FINE: it is "ok",
 * and for answer_fini. Otherwise what went wrong has been printed (--json:
 * as an object), there is nothing to give back, and the caller leaves with
 * the code that is returned. Blocks for the patience of a->command. */
int ask(struct answer *to, const struct args *a, const char *command);

/* The same without a word, for who asks again and again: wrong says why it
 * is not CTL_FINE, or is empty if `wake` became readable. */
#define ASK_WRONG 512
int ask_quietly(struct answer *to, const struct args *a, const char *command,
    int wake, char wrong[ASK_WRONG]);

/* Prints "porticoctl: text", or {"ok":false,"code":...,"error":...}, and
 * returns the code. */
int ask_fail(const struct args *a, int code, const char *name,
    const char *fmt, ...) LOG_LIKE(4, 5);

/* {"ok":true} with --json, else nothing. Returns CTL_FINE. */
int ask_done(const struct args *a);

#endif
