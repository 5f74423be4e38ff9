/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking a backend out, and waiting until nothing is in flight. */
#ifndef CTL_DRAIN_H
#define CTL_DRAIN_H

#include "ctl/args.h"

/* backend drain, backend disable; drain is short for the first. */
int drain_run(const struct args *a);

#endif
