/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of bytes (RFC 9110, 14). */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define RANGES_MOST 8 /* of one request; more are not worth their heads */

struct range {
	uint64_t first, last; /* both are in it */
};

struct ranges {
	struct range at[RANGES_MOST];
	unsigned n;
};

enum range_result {
	RANGE_ALL,  /* no bytes unit, not well-formed, too many, overlapping,
		     * or more bytes than there are: the Range is ignored */
	RANGE_SOME, /* these, in their order: those that can be satisfied */
	RANGE_NONE, /* 416 */
};

/* The value of a Range field for `length` bytes. */
enum range_result range_parse(struct slice value, uint64_t length,
    struct ranges *to);

/* Where the first of its ranges begins; false if that is not known before the
 * length is (a suffix), or it is not well-formed. */
bool range_first(struct slice value, uint64_t *first);

/* "bytes 0-9/100", and "bytes * /100" without the blank for 416. */
void range_put(struct buf *b, const struct range *r, uint64_t length);
void range_put_none(struct buf *b, uint64_t length);

#endif
