/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of certificates: what the check of them has told the master. */
#ifndef MASTER_FACTS_H
#define MASTER_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "master/reply.h"

#define FACTS_BYTES (REPLY_MOST / 2) /* more is not kept in mind */
#define FACTS_SOON (21 * 86400) /* seconds: then its end is warned of */

/* Texts are strangers' and lie in `text`. */
struct fact {
	const char *of;    /* listener or pool */
	const char *path;
	const char *key;   /* its kind */
	const char *names; /* separated by blanks */
	int64_t ends;      /* seconds since 1970 */
};

/* Zero has none. */
struct facts {
	char *text;
	struct fact *at;
	unsigned n;
};

/* Takes the lines of n bytes apart (FACTS_LINE in roles.h); what is no lawful
 * line is left out. None if there is no memory. For facts_free. */
struct facts facts_read(const char *p, size_t n);
void facts_free(struct facts *f);

/* A record for each. */
void facts_report(const struct facts *f, struct reply *r);

/* Warns of those that end within FACTS_SOON of `now`, or have ended. */
void facts_warn(const struct facts *f, int64_t now);

#endif
