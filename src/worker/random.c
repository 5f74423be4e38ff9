/* SPDX-License-Identifier: BSD-2-Clause */
/* Identifiers: a random half per process and a mixed counter. */
#include "worker/random.h"

#include <stdint.h>
#include <sys/random.h>

#include "base/clock.h"

static uint64_t base, step, counter;

void random_seed(void)
{
	uint64_t seed[3] = {clock_us(), 0, 0};

	if (getrandom(seed, sizeof seed, GRND_NONBLOCK) < 0)
		seed[1] = (uint64_t)(uintptr_t)&seed ^ clock_us() << 20;
	base = seed[0];
	step = seed[1] | 1;
	counter = seed[2];
}

/* A bijection of 64 bits whose outputs look unrelated (xor and multiply). */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

static void put_hex(char *to, uint64_t v)
{
	for (int i = 15; i >= 0; i--, v >>= 4)
		to[i] = "0123456789abcdef"[v & 15];
}

unsigned random_below(unsigned n)
{
	counter += step;
	return (unsigned)(mix(counter ^ base) >> 32) % n;
}

void random_id(char to[32])
{
	counter += step;
	put_hex(to, mix(counter ^ base));
	put_hex(to + 16, mix(counter + base));
}
