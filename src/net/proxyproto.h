/* SPDX-License-Identifier: BSD-2-Clause */
/* The PROXY protocol, versions 1 and 2: headers read and written. */
#ifndef NET_PROXYPROTO_H
#define NET_PROXYPROTO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/* More is refused: the longest with every address and usual TLVs is less. */
#define PROXYPROTO_MOST 2048

/* What proxyproto_put writes at most. */
#define PROXYPROTO_ROOM 128

enum proxyproto_result {
	PROXYPROTO_MORE, /* the beginning of a header, perhaps: read on */
	PROXYPROTO_FINE, /* whole: *length bytes are the header */
	PROXYPROTO_BAD   /* none, or one that breaks the rules */
};

struct proxyproto {
	bool local;     /* LOCAL or UNKNOWN: the connection's own addresses */
	struct addr from, to; /* TCP over IPv4 or IPv6; else len 0 */
};

/* Reads the n bytes at p. Bad as soon as that can be said. TLVs are measured,
 * a CRC32C among them is verified. */
enum proxyproto_result proxyproto_read(const char *p, size_t n,
    struct proxyproto *header, size_t *length);

/* Writes a header of that version (1, 2) for a connection from -> to; with
 * from or to NULL, or of no IP family, one that says so (UNKNOWN, LOCAL). Of
 * two families the address of IPv4 is written as one of IPv6 (::ffff:...).
 * room: PROXYPROTO_ROOM. Its length. */
size_t proxyproto_put(unsigned version, const struct addr *from,
    const struct addr *to, char *room);

#endif
