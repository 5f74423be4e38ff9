/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks that do not enter the kernel. */
#include "base/clock.h"

#include <time.h>

static struct timespec read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t;
}

uint64_t clock_ms(void)
{
	struct timespec t = read_clock(CLOCK_MONOTONIC_COARSE);

	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t clock_us(void)
{
	struct timespec t = read_clock(CLOCK_MONOTONIC);

	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME_COARSE).tv_sec;
}

void clock_sleep_us(unsigned us)
{
	struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};

	nanosleep(&t, NULL);
}
