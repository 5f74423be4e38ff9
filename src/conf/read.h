/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers: from a key in the file to its place in the object. */
#ifndef CONF_READ_H
#define CONF_READ_H

#include "conf/spot.h"

/* Each reads one type of key, by the place in its keyword, and reports what
 * is wrong; read_group also the group that is not in the file. */
#define TYPE(id, function, name)                                               \
	void read_##function(struct load *l, const struct spot *at);
KEYWORD_TYPES
#undef TYPE

/* A value out of the words of a table that ends with name NULL; def if it
 * is none of them (reported, with a suggestion). */
struct read_word {
	const char *name;
	int value;
};
int read_word(struct load *l, const struct spot *at,
    const struct read_word *words, int def);

#endif
