/* SPDX-License-Identifier: BSD-2-Clause */
/* Members: which backend of a name has which of its addresses. */
#ifndef STEWARD_MEMBER_H
#define STEWARD_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/conf.h"

#define MEMBERS_MOST 64 /* of a name, in the configuration */
#define FOUND_MOST 256  /* addresses of a name that are looked at */

/* An address of a name. */
struct found {
	struct addr at;    /* port 0: that of the backend */
	uint16_t priority; /* of SRV, else 0 */
	uint16_t weight;
};

/* What an answer leaves open: with a family that could not be asked for, its
 * addresses of before stay. */
struct open {
	bool v4, v6;
};

/* True for an address that a server can have: neither the unspecified one
 * nor a multicast, broadcast or link-local one. A v4-mapped address becomes
 * IPv4. */
bool member_may_be(struct addr *a);

/* Puts them in order (priority, family, address, port), each once; returns
 * how many are left. */
unsigned member_sort(struct found *at, unsigned n);

/* Deals n addresses, all different, out to members. before[i] is where member
 * i is now (len 0: nowhere), busy[i] that it has requests in flight. Who has
 * one of them keeps it, the others go in their order to members that are
 * free, those that are not busy first. to[i] becomes the index of member i's
 * or -1. Returns how many found no member. */
unsigned member_deal(const struct found *at, unsigned n,
    const struct addr *before, const bool *busy, unsigned members, int *to);

/* The newest steward: the name of `first`, member 0, and its fellows has these
 * addresses now, in their order. Writes what is new on the board: a new
 * address begins with unknown health, one that is gone leaves its member
 * without. Returns how many found no member; *changed: something is new, and
 * the caller has it looked at. */
unsigned member_follow(const struct conf_backend *first,
    const struct found *at, unsigned n, struct open open, bool *changed);

/* The name has gone: no member has an address. False if none had. */
bool member_clear(const struct conf_backend *first);

/* One of them has an address. */
bool member_is_somewhere(const struct conf_backend *first);

/* "127.0.0.1:80, 127.0.0.2:80": where they are, for the log; cut to fit. */
void member_format(const struct conf_backend *first, char *to, size_t room);

#endif
