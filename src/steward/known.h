/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that no server is asked for: localhost, and the hosts file. */
#ifndef STEWARD_KNOWN_H
#define STEWARD_KNOWN_H

#include <stdbool.h>

#include "steward/member.h"

/* Finds a host's addresses, IPv4 or IPv6, in the hosts file, which it reads
 * through this channel of c-ares (NULL: not at all), else as RFC 6761 section
 * 6.3 says for localhost and what ends so. A name that stands in the file with
 * one family has none of the other. Room for FOUND_MOST. False: it is to be
 * asked for. A descriptor is opened: the caller's note stands. */
bool known_find(void *channel, const char *host, bool v6, struct found *to,
    unsigned *n);

#endif
