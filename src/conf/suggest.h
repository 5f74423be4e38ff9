/* SPDX-License-Identifier: BSD-2-Clause */
/* "did you mean": the nearest of the words that would have been right. */
#ifndef CONF_SUGGEST_H
#define CONF_SUGGEST_H

#include <stddef.h>

#define SUGGEST_TEXT 96 /* enough for suggest_tail, with its NUL */

struct suggest {
	const char *given;
	const char *best; /* NULL: nothing is near */
	unsigned distance;
	char text[SUGGEST_TEXT];
};

/* The nearest in spelling, or what other servers call by the given word.
 * given and every word offered must live until suggest_tail. */
void suggest_init(struct suggest *s, const char *given);
void suggest_offer(struct suggest *s, const char *word);

/* "; did you mean \"x\"?", or "" if no word was near; it lives in s. */
const char *suggest_tail(struct suggest *s);

#endif
