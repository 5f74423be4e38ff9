/* SPDX-License-Identifier: BSD-2-Clause */
/* Draining a backend, and waiting until nothing is in flight. */
#ifndef CTL_DRAIN_H
#define CTL_DRAIN_H

#include "ctl/args.h"

int drain_run(const struct args *a);

#endif
