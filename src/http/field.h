/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields: the well-known names, and lists in values (RFC 9110, 5). */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum field_id {
	FIELD_OTHER = 0,
#define FIELD(name, reach, text, first, inner) FIELD_##name,
#include "http/field.def"
#undef FIELD
	FIELD_KNOWN
};

static_assert(FIELD_KNOWN <= 64, "ids are bits of a 64-bit mask");

#define FIELD_DROP 0x01u       /* not to be forwarded */
#define FIELD_UNDERSCORE 0x02u /* its name has a '_' */
#define FIELD_FORGED 0x04u     /* a client has no right to it: not there */

struct field {
	struct slice name;  /* a token, as the peer wrote it */
	struct slice value; /* without the spaces round it; no control byte */
	uint16_t id;        /* enum field_id */
	uint16_t flags;
};

/* name in any case; FIELD_OTHER for what is not in field.def. Only for names
 * that are tokens: what is none may be taken for one. */
enum field_id field_find_id(struct slice name);

/* In lower case; empty for FIELD_OTHER. */
struct slice field_name(enum field_id id);

/* Belongs to one connection (RFC 9110, 7.6.1; see field.def). */
bool field_is_hop(enum field_id id);

/* It tells a backend who has shown a certificate: X-SSL-*, Client-Cert and
 * Client-Cert-Chain (RFC 9440), in any case. */
bool field_is_identity(struct slice name);

/* Cuts the next element off a comma-separated list, trimmed; commas in
 * quoted strings do not count, empty elements are passed over. False when
 * there is none left. A quoted string left open runs to the end. */
bool field_next_item(struct slice *rest, struct slice *item);

/* The same for the parameters of an element, and what stands before the first
 * of them: parts that end at ';' (RFC 9110, 5.6.6). */
bool field_next_parameter(struct slice *rest, struct slice *parameter);

/* True if one of the elements of list is token, in any case. */
bool field_has_item(struct slice list, struct slice token);

#endif
