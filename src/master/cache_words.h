/* SPDX-License-Identifier: BSD-2-Clause */
/* Words about the cache: what its commands have behind their names. */
#ifndef MASTER_CACHE_WORDS_H
#define MASTER_CACHE_WORDS_H

#include "base/buf.h"
#include "master/command.h"

/* Reads n words: URL [soft]; KIND TEXT [host=HOST] [soft]; URL ... False, with
 * what is wrong; or, empty, if that is no such command at all. */
bool cache_words_read(struct command *c, char *const *words, unsigned n,
    char wrong[COMMAND_WRONG]);

/* Writes them, each with a blank before it. */
void cache_words_put(struct buf *b, const struct command *c);

/* What a ban is to be held against: host and text in the form in which they
 * stand in keys. False: it cannot be brought into it (*why). */
struct cache_ban {
	char host[256], text[BAN_TEXT];
};

bool cache_words_ban(const struct command *c, struct cache_ban *to,
    const char **why);

#endif
