/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit: what is left when a family has no connection any more. */
#ifndef STEWARD_AUDIT_H
#define STEWARD_AUDIT_H

#include <stdbool.h>

/* True if no client is left. */
bool audit_is_empty(void);

/* Closes the idle backends and logs what remains: all sums are 0 unless
 * something leaked. */
void audit_end(unsigned generation);

#endif
