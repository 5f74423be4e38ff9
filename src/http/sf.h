/* SPDX-License-Identifier: BSD-2-Clause */
/* Structured fields (RFC 8941), read in place: dictionaries and lists. */
#ifndef HTTP_SF_H
#define HTTP_SF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum sf_type { SF_INTEGER, SF_DECIMAL, SF_STRING, SF_TOKEN, SF_BYTES,
	SF_BOOLEAN, SF_INNER_LIST };

struct sf_item {
	enum sf_type type;
	int64_t integer;    /* SF_INTEGER; SF_BOOLEAN: 0, 1; SF_DECIMAL: its
			     * whole part */
	struct slice text;  /* SF_STRING: between the quotes, not unescaped;
			     * SF_BYTES: between the colons, in base64;
			     * SF_INNER_LIST: between the brackets; SF_TOKEN */
	struct slice params; /* its parameters, with their ';' */
};

/* Cuts the next member off a dictionary or a list. False: none is left, or
 * what is left is not well-formed: then *bad is true, and all of the field is
 * to be thrown away (RFC 8941, 4.2). */
bool sf_next_member(struct slice *rest, struct slice *key,
    struct sf_item *item, bool *bad);
bool sf_next_item(struct slice *rest, struct sf_item *item, bool *bad);

/* The same for the text of an inner list, and for an item's parameters. Both
 * are well-formed when they come out of an item. Of two members, or parameters,
 * of one name the last counts. */
bool sf_next_inner(struct slice *rest, struct sf_item *item, bool *bad);
bool sf_next_parameter(struct slice *rest, struct slice *key,
    struct sf_item *item, bool *bad);

/* Copies an SF_STRING's text without its escapes; returns its bytes, at most
 * text.n. */
size_t sf_unescape(struct slice text, char *to, size_t room);

#endif
