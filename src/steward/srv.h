/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to questions for SRV records (RFC 2782): bytes in, records out. */
#ifndef STEWARD_SRV_H
#define STEWARD_SRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRV_MOST 64   /* records of an answer that are looked at */
#define SRV_NAME 254  /* a host name and its NUL */

struct srv {
	char target[SRV_NAME]; /* a lawful host name, without the last dot */
	uint16_t port, priority, weight;
};

/* Reads the answer section of a DNS message (RFC 1035 section 4) and takes
 * its SRV records; passes over those without a port, or whose target is no
 * host name: "." says that there is no such service. Lowers *ttl (seconds)
 * to the least of the section. False if it is no lawful message; *n is how
 * many there are then, too. */
bool srv_parse(const uint8_t *message, size_t length, struct srv to[SRV_MOST],
    unsigned *n, uint32_t *ttl);

#endif
