/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4: a keyed hash of 64 bits that strangers cannot foresee. */
#include "base/hash.h"

struct state {
	uint64_t v[4];
};

static uint64_t turn(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void mix(struct state *s)
{
	uint64_t *v = s->v;

	v[0] += v[1];
	v[2] += v[3];
	v[1] = turn(v[1], 13) ^ v[0];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] = turn(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] = turn(v[2], 32);
}

static void absorb(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	mix(s);
	mix(s);
	s->v[0] ^= word;
}

/* Little-endian; n is 8 at most. */
static uint64_t load(const char *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return word;
}

uint64_t hash_slice(const uint64_t key[2], struct slice s)
{
	struct state h = {{key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
		key[1] ^ 0x7465646279746573u}};
	size_t i;

	for (i = 0; i + 8 <= s.n; i += 8)
		absorb(&h, load(s.p + i, 8));
	absorb(&h, load(s.p + i, s.n - i) | (uint64_t)(s.n & 0xff) << 56);
	h.v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		mix(&h);
	return h.v[0] ^ h.v[1] ^ h.v[2] ^ h.v[3];
}
