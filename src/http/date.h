/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates in fields (RFC 9110, 5.6.7). */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdbool.h>
#include <time.h>

#include "base/slice.h"

#define DATE_LENGTH 29

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL. Times outside of the years
 * 1970 to 9999 become the nearest one inside. */
void date_format(time_t t, char to[DATE_LENGTH + 1]);

/* IMF-fixdate, and the obsolete forms of RFC 850 and asctime, in any case
 * (RFC 9111, 4.2). The two-digit year of the second is the latest that is not
 * over 50 years after now. False for anything else, also for days that no
 * calendar has; the name of the weekday is checked for being one, not for
 * being right. */
bool date_parse(struct slice s, time_t now, time_t *out);

#endif
