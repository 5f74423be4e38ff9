/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4: a keyed hash of 64 bits that strangers cannot foresee. */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t v[4];
};

static inline uint64_t turn(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void mix(struct state *s)
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

static inline void absorb(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	mix(s);
	mix(s);
	s->v[0] ^= word;
}

/* Little-endian; the compiler sees that it is one load. */
static inline uint64_t load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

/* n is 7 at most. */
static uint64_t load_rest(const char *p, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | (unsigned char)p[n];
	return word;
}

uint64_t hash_slice(const uint64_t key[2], struct slice s)
{
	struct state h = {{key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
		key[1] ^ 0x7465646279746573u}};
	size_t i;

	for (i = 0; i + 8 <= s.n; i += 8)
		absorb(&h, load(s.p + i));
	absorb(&h, load_rest(s.p + i, s.n - i) | (uint64_t)(s.n & 0xff) << 56);
	h.v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		mix(&h);
	return h.v[0] ^ h.v[1] ^ h.v[2] ^ h.v[3];
}
