/* SPDX-License-Identifier: BSD-2-Clause */
/* A cache of a test's own, with slots, a lobby and a board around it. */
#ifndef T_STORE_H
#define T_STORE_H

#include "crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/board.h"
#include "shm/cache.h"
#include "shm/lobby.h"

#define STORE_ROWS 512
#define STORE_BYTES (UINT64_C(4) << 20)

static uint64_t store_bytes = STORE_BYTES;

static inline void store_open(void)
{
	ck_assert(slots_create());
	ck_assert(board_create());
	ck_assert(lobby_create(&lobby, STORE_ROWS));
	atomic_store(&lobby.head->top, STORE_ROWS);
	for (unsigned row = 1; row < STORE_ROWS; row++)
		atomic_store(&lobby_get(row)->word, word_make(1, MASTER,
		    CONN_OWNED));
	ck_assert(cache_create(&cache, store_bytes, 256 * 1024, NULL));
	slot_enter(MASTER);
}

static inline void store_close(void)
{
	cache_close(&cache);
	area_close(&lobby.area);
	area_close(&board.area);
	area_close(&slots.area);
}

/* Records of tests: what they answer is their first word; NULL fits all. */
static inline bool store_fits(struct slice record, const void *arg)
{
	return arg == NULL || slice_starts(record, slice_str(arg));
}

static inline void store_look(const char *key, const char *want,
    struct cache_found *f)
{
	struct slice k = slice_str(key);

	cache_find(k, cache_hash(k), store_fits, want, f);
}

static inline uint32_t store_find(const char *key, const char *want)
{
	struct cache_found f;

	store_look(key, want, &f);
	return f.live;
}

static inline enum cache_claim store_claim(const char *key, uint32_t instead,
    uint32_t row, uint32_t *n)
{
	struct slice k = slice_str(key);
	uint64_t word;

	return cache_claim(k, cache_hash(k), instead, row, 1, n, &word);
}

/* As a worker fills it, some bytes at a time. */
static inline bool store_write(uint32_t n, const char *body, size_t bytes,
    size_t step)
{
	struct cache_place p = {0};

	while (p.at < bytes) {
		size_t some = bytes - p.at < step ? bytes - p.at : step;
		if (!cache_fill_write(n, &p, body + p.at, some))
			return false;
		cache_fill_show(n, p.at);
	}
	return true;
}

static inline uint32_t store_fill(const char *key, const char *record,
    const char *body, size_t bytes)
{
	uint32_t n;

	store_find(key, "none of them");
	if (store_claim(key, 0, 5, &n) != CACHE_CLAIMED)
		return 0;
	if (cache_fill_begin(n, slice_str(record), bytes)
	    && store_write(n, body, bytes, 4000)
	    && cache_fill_end(n, store_fits, record))
		return n;
	cache_abandon(n);
	return 0;
}

static inline bool store_body_is(uint32_t n, const char *body, size_t bytes)
{
	struct cache_place p = {0};
	struct iovec v[3];

	cache_seek(&p, n, 0);
	while (p.at < bytes) {
		int count = cache_vectors(&p, n, bytes, v, 3);
		if (count == 0)
			return false;
		for (int i = 0; i < count; i++) {
			if (memcmp(v[i].iov_base, body + p.at, v[i].iov_len))
				return false;
			cache_seek(&p, n, p.at + v[i].iov_len);
		}
	}
	return cache_entry(n)->length == bytes;
}

static inline void store_check(void)
{
	const char *why;

	ck_assert_msg(cache_audit(&why), "%s", why);
}

static inline int store_run(const char *name, void (*add)(TCase *tc))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, store_open, store_close);
	add(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
