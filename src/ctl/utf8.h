/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 in texts of strangers: what of it is lawful (RFC 3629). */
#ifndef CTL_UTF8_H
#define CTL_UTF8_H

#include "base/slice.h"

/* The length in bytes of the character at the beginning of the text, 1 to
 * 4; 0 if none is there, or none that is lawful. */
size_t utf8_first(struct slice text);

/* The same of what a terminal may be sent: no control characters. */
size_t utf8_first_plain(struct slice text);

#endif
