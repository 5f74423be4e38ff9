/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, times and texts of strangers, as people read them. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <stdio.h>

#include "base/slice.h"

#define SHOW_BYTES 32

/* The text with a "?" for each byte that a terminal should not get. */
void show_plain(FILE *to, struct slice text);

/* Each writes into `to` and returns it. */

/* "850us", "1.2ms", "15ms", "2.5s"; "-" for 0: not measured. */
const char *show_us(char to[SHOW_BYTES], int64_t us);

/* "12.3", and from 1000 on without the tenths; "0" for 0. */
const char *show_tenths(char to[SHOW_BYTES], int64_t x10);

/* "45s", "12m", "3h 5m", "2d 3h". */
const char *show_span(char to[SHOW_BYTES], int64_t seconds);

/* "3/10"; "3" if there is no limit (0). */
const char *show_of(char to[SHOW_BYTES], int64_t n, int64_t limit);

#endif
