/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks that do not enter the kernel. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that only goes forward; a few ms coarse. */
uint64_t clock_ms(void);

/* Microseconds of the same clock, exact. */
uint64_t clock_us(void);

/* Seconds since 1970, a few ms coarse. */
int64_t clock_wall(void);

/* Sleeps; returns early on a signal. */
void clock_sleep_us(unsigned us);

#endif
