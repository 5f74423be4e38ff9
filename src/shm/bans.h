/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans: what of the cache is not to be used any more, looked at when it is. */
#ifndef SHM_BANS_H
#define SHM_BANS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "shm/lock.h"

#define BANS_MOST 256
#define BAN_TEXT 1000

enum ban_kind { BAN_NONE, BAN_URL, BAN_HOST, BAN_PREFIX, BAN_RE, BAN_TAG };

/* Written under the lock; kind last, by a store that readers see. A place is
 * used again once every entry is newer, or was held against it. */
struct ban {
	_Atomic uint32_t kind;   /* enum ban_kind; BAN_NONE: free */
	_Atomic uint32_t number; /* from 1; entries say which they know */
	uint8_t soft;            /* they become stale only */
	uint16_t n;
	char host[256];          /* of this host only; "": of any */
	char text[BAN_TEXT];     /* BAN_URL: the target; BAN_PREFIX: how it
				  * begins; BAN_RE: matches host and target,
				  * joined; BAN_TAG: one of the tags */
};

struct bans {
	_Atomic uint32_t last;   /* number of the newest; 0: there was none */
	_Atomic uint32_t struck; /* entries that one of them has hit */
	struct lock lock;        /* of those who add and free */
	struct ban at[BANS_MOST];
};

/* What a ban is held against: how the response was asked for, and its tags. */
struct ban_subject {
	struct slice host;       /* lower case, without a default port */
	struct slice target;     /* path and query as in its key */
	struct slice tags;       /* Surrogate-Key: words; a line feed, and
				  * Cache-Groups: a list of strings */
};

/* Is that a regular expression for a ban? *why else: until the next call. */
bool bans_check_re(struct slice text, const char **why);

/* A new ban, for anybody; one that says the same becomes it. False: there are
 * too many, or text does not fit, or is no regular expression (*why). */
bool bans_add(enum ban_kind kind, struct slice host, struct slice text,
    bool soft, const char **why);

/* True if one of the bans behind `known` strikes; an expression that takes too
 * long does. *soft: only soft ones. *known is the last number that it was held
 * against. Compiles expressions when they are first used, in this process's
 * own memory. An entry that is still live, and valid, when this has said no is
 * struck by none: bans_tidy frees a ban after it has condemned what it hits. */
bool bans_strike(const struct ban_subject *s, uint32_t *known, bool *soft);

static inline bool bans_are_known(const struct bans *b, uint32_t known)
{
	return atomic_load_explicit(&b->last, memory_order_relaxed) == known;
}

/* The newest steward, now and then: holds entries that nobody asks for against
 * the bans, some at a time, and frees bans that all entries know. `subject`
 * reads a record. Returns after some milliseconds; true: there is more to do,
 * soon. */
typedef bool bans_subject(struct slice record, struct ban_subject *to);
bool bans_tidy(bans_subject *subject);

unsigned bans_count(void);

/* A lock that the dead slot n holds is passed on. */
void bans_settle_lock(unsigned n);

#endif
