/* SPDX-License-Identifier: BSD-2-Clause */
/* "top": the status once a second, in a terminal or as plain text. */
#ifndef CTL_TOP_H
#define CTL_TOP_H

#include "ctl/args.h"

int top_run(const struct args *a);

#endif
