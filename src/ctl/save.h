/* SPDX-License-Identifier: BSD-2-Clause */
/* "config save": to standard output, or to a file, whole or not at all. */
#ifndef CTL_SAVE_H
#define CTL_SAVE_H

#include "ctl/args.h"

int save_run(const struct args *a);

#endif
