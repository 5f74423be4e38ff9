/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that stand for values in the file: for reading and for writing. */
#ifndef CONF_WORDS_H
#define CONF_WORDS_H

/* A table of them ends with name NULL. */
struct word {
	const char *name;
	int value;
};

extern const struct word words_balance[];
extern const struct word words_state[];
extern const struct word words_when_down[];
extern const struct word words_retry[];
extern const struct word words_version[];
extern const struct word words_verify[];

/* The word of a value; it is in the table. */
const char *words_name(const struct word *words, int value);

#endif
