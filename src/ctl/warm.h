/* SPDX-License-Identifier: BSD-2-Clause */
/* "cache warm": the URLs of a file, some at a time. */
#ifndef CTL_WARM_H
#define CTL_WARM_H

#include "ctl/args.h"

int warm_run(const struct args *a);

#endif
