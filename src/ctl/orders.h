/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that are sent as they are, and say no more than that it is done. */
#ifndef CTL_ORDERS_H
#define CTL_ORDERS_H

#include "ctl/args.h"
#include "ctl/ctl.h"

/* The command's name, and its arguments. */
int orders_plain(const struct args *a);

/* The same; the first argument is POOL/NAME. */
int orders_backend(const struct args *a);

int orders_stop(const struct args *a);
int orders_workers(const struct args *a);

/* Sends the command, and prints what the master warns of when it goes well.
 * CTL_FINE, or what went wrong has been printed. */
int orders_send(const struct args *a, const char *command);

/* Writes the command with the arguments behind its name; CTL_FINE, or what
 * is wrong has been printed. */
int orders_format(char to[CTL_COMMAND_MAX], const struct args *a,
    const char *name);

/* That the first argument is POOL/NAME; otherwise that has been printed. */
int orders_check_backend(const struct args *a);

#endif
