/* SPDX-License-Identifier: BSD-2-Clause */
/* Chains: random operations beside a plain array of bytes. */
/* links: shm net http conf base */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "shm/pages.h"
#include "shm/slot.h"

#define ROW 5
#define SERIAL 77
#define MODEL (PAGES_PER_ROW * PAGE_LARGE)

static struct chain chain;
static char model[MODEL];
static size_t model_n;
static uint32_t state;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static void setup(void)
{
	ck_assert(slots_create());
	ck_assert(pages_create(&pages, 4 << 20));
	slot_enter(1);
	chain = (struct chain){0};
	model_n = 0;
	state = 88172645;
}

static void teardown(void)
{
	ck_assert_uint_eq(pages_in_use(), 0);
	area_close(&pages.area);
	area_close(&slots.area);
}

static void fill(char *at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		model[model_n++] = at[i] = (char)below(256);
}

static uint32_t take(enum page_size size)
{
	uint32_t page = page_take(size, ROW, SERIAL);

	ck_assert_uint_ne(page, 0);
	return page;
}

static void append(void)
{
	uint32_t page = take(below(2) ? PAGE_IS_LARGE : PAGE_IS_SMALL);
	uint16_t start = (uint16_t)below(page_bytes(page));
	uint16_t end = (uint16_t)(start + below(page_bytes(page) - start + 1));

	fill(page_at(page) + start, (uint32_t)(end - start));
	chain_append(&chain, page, start, end);
}

static void grow(void)
{
	uint32_t n = below(chain_room(&chain) + 1);

	if (chain.tail == 0)
		return;
	fill(chain_space(&chain), n);
	chain_grow(&chain, n);
}

static void consume(struct page_drop *drop)
{
	uint32_t n = below((uint32_t)chain.length + 1);

	if (below(3))
		n /= 8;
	chain_consume(&chain, n, drop);
	model_n -= n;
	memmove(model, model + n, model_n);
}

/* All bytes from skip on, as far as max vectors hold them. */
static size_t gather(const struct chain *c, size_t skip, int max, char *out)
{
	struct iovec v[2 * PAGES_PER_ROW];
	int k = chain_vectors(c, skip, v, max);
	size_t n = 0;

	ck_assert_int_le(k, max);
	for (int i = 0; i < k; i++) {
		ck_assert_uint_gt(v[i].iov_len, 0);
		memcpy(out + n, v[i].iov_base, v[i].iov_len);
		n += v[i].iov_len;
	}
	return n;
}

static void compare(void)
{
	static char out[MODEL];
	size_t skip = below((uint32_t)model_n + 1);
	int few = 1 + (int)below(3);

	ck_assert_uint_eq(chain.length, model_n);
	ck_assert_uint_le(chain.pages, PAGES_PER_ROW);
	ck_assert_uint_eq(pages_in_use(), chain.pages);
	ck_assert_uint_eq(gather(&chain, 0, PAGES_PER_ROW, out), model_n);
	ck_assert_mem_eq(out, model, model_n);
	ck_assert_uint_eq(gather(&chain, skip, PAGES_PER_ROW, out),
	    model_n - skip);
	ck_assert_mem_eq(out, model + skip, model_n - skip);
	size_t n = gather(&chain, skip, few, out);
	ck_assert_uint_le(n, model_n - skip);
	ck_assert(n > 0 || skip == model_n);
	ck_assert_mem_eq(out, model + skip, n);
}

static void change(struct page_drop *drop)
{
	switch (below(5)) {
	case 0:
		if (chain.pages < PAGES_PER_ROW)
			append();
		break;
	case 1:
	case 2:
		grow();
		break;
	default:
		consume(drop);
	}
}

static void clear(void)
{
	struct page_drop drop = {0};

	chain_clear(&chain, &drop);
	page_drop_free(&drop);
	ck_assert_uint_eq(chain.head, 0);
	ck_assert_uint_eq(chain.tail, 0);
	ck_assert_uint_eq(chain.length, 0);
	model_n = 0;
}

START_TEST(it_holds_what_the_model_holds)
{
	struct page_drop drop = {0};

	for (unsigned i = 0; i < 2000; i++) {
		change(&drop);
		page_drop_free(&drop);
		compare();
		if (below(500) == 0)
			clear();
	}
	clear();
}
END_TEST

/* A death before the next publishing leaves the flow of before: its bytes
 * are where they were, whatever was done to the copy. */
START_TEST(what_was_published_stays_readable)
{
	static char before[MODEL], after[MODEL];

	for (unsigned i = 0; i < 800; i++) {
		struct chain published = chain;
		struct page_drop drop = {0};
		size_t n = gather(&published, 0, PAGES_PER_ROW, before);
		for (unsigned k = below(6); k > 0; k--)
			change(&drop);
		ck_assert_uint_eq(gather(&published, 0, PAGES_PER_ROW, after),
		    n);
		ck_assert_mem_eq(after, before, n);
		page_drop_free(&drop);
		compare();
	}
	clear();
}
END_TEST

START_TEST(an_empty_chain_has_no_room)
{
	struct page_drop drop = {0};
	struct iovec v[1];

	ck_assert_uint_eq(chain_room(&chain), 0);
	ck_assert_int_eq(chain_vectors(&chain, 0, v, 1), 0);
	chain_consume(&chain, 0, &drop);
	chain_clear(&chain, &drop);
	ck_assert_uint_eq(drop.n, 0);
}
END_TEST

START_TEST(a_page_is_filled_to_its_last_byte)
{
	for (enum page_size s = PAGE_IS_SMALL; s <= PAGE_IS_LARGE; s++) {
		uint32_t page = take(s);
		chain_append(&chain, page, 0, 0);
		ck_assert_uint_eq(chain_room(&chain), page_bytes(page));
		fill(chain_space(&chain), page_bytes(page));
		chain_grow(&chain, page_bytes(page));
		ck_assert_uint_eq(chain_room(&chain), 0);
	}
	compare();
	clear();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chain");
	TCase *tc = tcase_create("chain");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_holds_what_the_model_holds);
	tcase_add_test(tc, what_was_published_stays_readable);
	tcase_add_test(tc, an_empty_chain_has_no_room);
	tcase_add_test(tc, a_page_is_filled_to_its_last_byte);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
