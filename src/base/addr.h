/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and networks: IPv4, IPv6 and unix sockets, from and to text. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/slice.h"

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len; /* 0: none */
};

struct network {
	uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;     /* 0 to 128 of bytes */
};

#define ADDR_TEXT 120 /* enough for any address in text, with its NUL */

/* "a.b.c.d[:port]", "[v6][:port]", "*[:port]" (wildcard, both families),
 * "unix:/path". port 0 where none is given: default_port is taken.
 * Returns NULL, or what is wrong (a constant). A host name is
 * wrong: "is a host name; ..." */
const char *addr_parse(struct slice text, uint16_t default_port,
    struct addr *out);

/* Only an IP without port or brackets (brackets allowed round a v6). */
bool addr_parse_ip(struct slice text, struct addr *out);

/* "a.b.c.d:port", "[v6]:port", "unix:/path"; without port as addr_format_ip:
 * "a.b.c.d", "v6", "unix:". A v4-mapped v6 address is shown as v4.
 * Returns the length; to has ADDR_TEXT bytes. */
size_t addr_format(const struct addr *a, char *to);
size_t addr_format_ip(const struct addr *a, char *to);

/* Same family, address and port (or path). */
bool addr_eq(const struct addr *a, const struct addr *b);
uint16_t addr_port(const struct addr *a);

/* "10.0.0.0/8", "::1", "fe80::/10", "unix:" (every unix peer: bits of none).
 * NULL or what is wrong. Bits set right of the prefix are wrong. */
const char *network_parse(struct slice text, struct network *out);
bool network_has(const struct network *net, const struct addr *a);

#endif
