/* SPDX-License-Identifier: BSD-2-Clause */
/* "status" and "config diff", printed for people or as JSON. */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include "ctl/args.h"
#include "ctl/status.h"

int list_status(const struct args *a);
int list_changes(const struct args *a);

/* "up (backup)": state, and what is special about the backend. Both write
 * into `to` and return it. */
const char *list_state(char *to, size_t room,
    const struct status_backend *b);

/* "3 (2)": the weight, and the file's where that differs. */
const char *list_weight(char *to, size_t room,
    const struct status_backend *b);

#endif
