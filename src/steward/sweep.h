/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweep: descriptors that a dead process made and never hung on a row. */
#ifndef STEWARD_SWEEP_H
#define STEWARD_SWEEP_H

#include <stdbool.h>

/* Looks at all open numbers whose row is free: clients are adopted, others
 * closed. False if a living process held its note too long to be sure; call
 * again (PROTOCOLS 3). */
bool sweep(void);

#endif
