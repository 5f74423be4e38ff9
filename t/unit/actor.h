/* SPDX-License-Identifier: BSD-2-Clause */
/* Who fills, finds, renews and purges at random, and looks at what it gets. */
#ifndef T_ACTOR_H
#define T_ACTOR_H

#include "base/log.h"
#include "store.h"

#define KEYS 200
#define FILLS 8
#define BODY_MOST 200000

#define PINS 10

/* Rows 32 * slot and up are an actor's: first those that fill, then those that
 * pin. */
static _Thread_local uint32_t state = 12345, rows;
static char body[BODY_MOST + 256];

/* Bodies that say which they are: a window of one text. */
static inline const char *body_of(uint32_t seed)
{
	return body + seed % 256;
}

static _Thread_local struct fill {
	uint32_t n, seed, bytes, row;
	bool known, begun;
	struct cache_place at;
	char key[16], record[40];
} fills[FILLS];

/* Before there are any actors. */
static inline void actors_make_text(void)
{
	uint32_t from = 77;

	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(random_next(&from) >> 7);
}

static inline void put_key(char key[16])
{
	snprintf(key, 16, "/%u", random_next(&state) % KEYS);
}

/* Not by ck_assert, which is for the test's own thread and process. */
static inline void actor_must(bool right)
{
	if (!right)
		panic("a response is not what was stored");
}

/* The seed and the length stand in the record. */
static inline bool check_found(uint32_t n)
{
	struct slice r = cache_record(n);
	char text[40] = "";
	unsigned variant, seed, bytes;

	if (r.n >= sizeof text)
		return false;
	memcpy(text, r.p, r.n);
	if (cache_entry(n)->flags & ENTRY_PASS)
		return true;
	if (sscanf(text, "v%u %u %u", &variant, &seed, &bytes) != 3)
		return false;
	return store_body_is(n, body_of(seed), bytes);
}

static inline uint32_t body_bytes(void)
{
	uint32_t r = random_next(&state);

	switch (r % 8) {
	case 0:
		return 0;
	case 1:
		return r / 8 % BODY_MOST;
	default:
		return r / 8 % 6000;
	}
}

static inline void begin_one(struct fill *f)
{
	struct cache_found found;
	char want[8];

	put_key(f->key);
	f->seed = random_next(&state) % 256;
	f->bytes = body_bytes();
	f->known = random_next(&state) % 2;
	f->at = (struct cache_place){0};
	snprintf(want, sizeof want, "v%u ", random_next(&state) % 4);
	snprintf(f->record, sizeof f->record, "%s%u %u", want, f->seed,
	    f->bytes);
	store_look(f->key, want, &found);
	if (found.live)
		actor_must(check_found(found.live));
	f->begun = false;
	if (store_claim(f->key, found.live, f->row, &f->n) != CACHE_CLAIMED)
		f->n = 0;
	if (found.live && f->n && random_next(&state) % 4 == 0) {
		struct slice r = cache_record(found.live);
		char copy[40];
		memcpy(copy, r.p, r.n);
		cache_pin_row(f->row, f->n);
		if (cache_entry(found.live)->flags & ENTRY_PASS)
			cache_abandon(f->n);
		else if (cache_renew(f->n, found.live, slice_make(copy, r.n)))
			actor_must(check_found(f->n));
		else
			cache_abandon(f->n);
		cache_pin_row(f->row, 0);
		f->n = 0;
	}
	cache_unpin();
}

static inline void end_one(struct fill *f, bool well)
{
	char want[8];

	snprintf(want, sizeof want, "%.3s", f->record);
	if (!well || !cache_fill_end(f->n, store_fits, want))
		cache_abandon(f->n);
	f->n = 0;
}

static inline void go_on(struct fill *f)
{
	size_t some = f->bytes - f->at.at;

	if (random_next(&state) % 64 == 0) {
		end_one(f, false);
		return;
	}
	if (!f->begun) {
		if (random_next(&state) % 16 == 0) {
			if (!cache_fill_pass(f->n, SLICE("v pass")))
				cache_abandon(f->n);
			f->n = 0;
			return;
		}
		f->begun = cache_fill_begin(f->n, slice_str(f->record),
		    f->known ? f->bytes : CACHE_UNKNOWN);
		if (!f->begun)
			end_one(f, false);
		return;
	}
	if (some > 20000)
		some = random_next(&state) % 20000;
	struct cache_place again = f->at;
	if (!cache_fill_write(f->n, &f->at, body_of(f->seed) + f->at.at, some)
	    || (random_next(&state) % 8 == 0 && !cache_fill_write(f->n,
	    &again, body_of(f->seed) + again.at, some))) {
		end_one(f, false);
		return;
	}
	cache_fill_show(f->n, f->at.at);
	if (f->at.at == f->bytes)
		end_one(f, true);
}

static inline void something_else(void)
{
	char key[16];

	put_key(key);
	struct slice k = slice_str(key);
	switch (random_next(&state) % 8) {
	case 0:
		cache_purge(k, cache_hash(k), random_next(&state) % 2);
		break;
	case 1:
		cache_tidy(0);
		break;
	case 2:
		cache_pin_row(rows + FILLS + random_next(&state) % PINS,
		    store_find(key, NULL));
		cache_unpin();
		break;
	case 3:
		cache_pin_row(rows + FILLS + random_next(&state) % PINS, 0);
		break;
	default:
		if (store_find(key, NULL))
			actor_must(check_found(atomic_load(
			    &slot_self->pin)));
		cache_unpin();
	}
}

static inline void actor_begin(unsigned slot, uint32_t seed)
{
	state = seed;
	rows = 32 * slot;
	for (unsigned i = 0; i < FILLS; i++)
		fills[i] = (struct fill){.row = rows + i};
}

static inline void actor_turn(void)
{
	struct fill *f = &fills[random_next(&state) % FILLS];

	if (random_next(&state) % 4 == 0)
		something_else();
	else if (f->n)
		go_on(f);
	else
		begin_one(f);
}

static inline void actor_check_pins(unsigned slot)
{
	for (uint32_t i = 0; i < PINS; i++) {
		uint32_t row = 32 * slot + FILLS + i;
		uint32_t n = atomic_load(&lobby.pins[row]);
		if (n)
			actor_must(check_found(n));
	}
}

/* As if its rows had been closed. */
static inline void actor_end(unsigned slot)
{
	for (uint32_t row = 32 * slot; row < 32 * slot + FILLS; row++)
		cache_settle_row(row, 1, 0, 0);
	for (uint32_t i = 0; i < PINS; i++)
		cache_pin_row(32 * slot + FILLS + i, 0);
}

#endif
