/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates, and how long they hold. */
#ifndef CTL_CERTIFICATE_H
#define CTL_CERTIFICATE_H

#include <stdbool.h>

#include "ctl/status.h"

/* A table of all of them, if there are any, behind an empty line. */
void certificate_print(const struct status *s);

/* "83 days", "12 days, soon", "over". */
const char *certificate_left(char *to, size_t room, int64_t ends, int64_t now);

/* True if one ends within 21 days, or has ended. */
bool certificate_any_ends_soon(const struct status *s);

#endif
