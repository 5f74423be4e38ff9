/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling of handshakes that failed, not of each of too many. */
#ifndef GATE_FAILURES_H
#define GATE_FAILURES_H

#include "base/addr.h"
#include "conf/conf.h"

/* A line for the error log (info), at most ten in a second; the next second
 * says how many there were besides. */
void failures_tell(const struct conf_listener *l, const struct addr *client,
    const char *why);

#endif
