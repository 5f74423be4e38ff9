/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages between threads: nothing twice, and nothing lost by a death. */
/* links: shm net http conf base */
#include <stdlib.h>
#include <string.h>

#include "crew.h" /* pthread_create: tsan runs this test */
#include "shm/pages.h"
#include "shm/slot.h"

#define ROUNDS 100000
#define HELD 40
#define DEATHS 8
#define BYTES (4u << 20)

static atomic_uint count;

static void setup(void)
{
	ck_assert(slots_create());
	ck_assert(pages_create(&pages, BYTES));
	slot_enter(MASTER);
}

static void teardown(void)
{
	area_close(&pages.area);
	area_close(&slots.area);
}

/* The list as its links say it is; each page of it in its own size. */
static uint32_t list_length(enum page_size size)
{
	uint32_t n = 0;

	for (uint32_t at = pages.head->list[size].head; at && n <= pages.count;
	    at = page_get(at)->next) {
		ck_assert_int_eq(page_size_of(at), size);
		n++;
	}
	ck_assert_uint_eq(n, pages.head->list[size].n);
	return n;
}

/* With every magazine given back, every page is in its list again. */
static void check_all_are_free(void)
{
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(pages_in_use(), 0);
	for (unsigned i = 0; i < SLOTS; i++)
		pages_settle_slot(i);
	ck_assert_uint_eq(list_length(PAGE_IS_SMALL), pages.nsmall);
	ck_assert_uint_eq(list_length(PAGE_IS_LARGE),
	    pages.count - pages.nsmall);
}

/* A stamp at both ends says whose it is: two owners would not agree. */
static uint32_t take_stamped(enum page_size size)
{
	uint32_t n = page_take(size, slot_me, slot_me * 1000);

	if (n == 0)
		return 0;
	memcpy(page_at(n), &slot_me, sizeof slot_me);
	memcpy(page_at(n) + page_bytes(n) - sizeof slot_me, &slot_me,
	    sizeof slot_me);
	return n;
}

static void free_stamped(uint32_t n)
{
	if (!page_is_of(n, slot_me, slot_me * 1000)
	    || memcmp(page_at(n), &slot_me, sizeof slot_me) != 0
	    || memcmp(page_at(n) + page_bytes(n) - sizeof slot_me, &slot_me,
	    sizeof slot_me) != 0)
		atomic_fetch_add(&wrong, 1);
	page_free(n);
}

/* In runs of takes and of frees, so that magazines run empty and full. */
static void take_and_free(void)
{
	uint32_t held[2 * HELD], n = 0, state = slot_me + 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		bool taking = random_next(&state) % 8 ? i / HELD % 2
		    : i / HELD % 2 == 0;
		if (taking && n < 2 * HELD) {
			held[n] = take_stamped(random_next(&state) % 4
			    ? PAGE_IS_SMALL : PAGE_IS_LARGE);
			n += held[n] != 0;
		} else if (n > 0) {
			free_stamped(held[--n]);
		}
	}
	while (n > 0)
		free_stamped(held[--n]);
}

START_TEST(every_page_comes_back)
{
	struct member crew[CREW];

	check_all_are_free();
	crew_start(crew, take_and_free);
	crew_join(crew);
	check_all_are_free();
}
END_TEST

static void take_all(void)
{
	while (take_stamped(PAGE_IS_SMALL))
		atomic_fetch_add(&count, 1);
	while (take_stamped(PAGE_IS_LARGE))
		atomic_fetch_add(&count, 1);
}

/* The crew's rows end as in a death with everything in the hand. */
START_TEST(all_can_be_taken_and_no_more)
{
	char *reachable = calloc(pages.count + 1, 1);
	struct member crew[CREW];

	crew_start(crew, take_all);
	crew_join(crew);
	ck_assert_uint_eq(count, pages.count);
	ck_assert_uint_eq(pages_in_use(), pages.count);
	for (unsigned i = 1; i <= CREW; i++)
		pages_settle_row(i, i * 1000, reachable);
	free(reachable);
	check_all_are_free();
}
END_TEST

START_TEST(the_word_says_whose_it_is)
{
	uint32_t n = page_take(PAGE_IS_LARGE, 300, 0xfffffff0);

	ck_assert_uint_gt(n, pages.nsmall);
	ck_assert(page_is_of(n, 300, 0xfffffff0));
	ck_assert(!page_is_of(n, 300, 0xfffffff1));
	ck_assert(!page_is_of(n, 301, 0xfffffff0));
	ck_assert(!page_is_of(0, 300, 0xfffffff0));
	ck_assert(!page_is_of(pages.count + 1, 300, 0xfffffff0));
	ck_assert_uint_eq(pages_in_use(), 1);
	page_free(n);
	ck_assert(!page_is_of(n, 300, 0xfffffff0));
}
END_TEST

START_TEST(pages_that_hang_are_not_settled)
{
	char *reachable = calloc(pages.count + 1, 1);
	uint32_t hung = page_take(PAGE_IS_SMALL, 8, 1);
	uint32_t other = page_take(PAGE_IS_SMALL, 8, 2);

	page_take(PAGE_IS_SMALL, 8, 1);
	page_take(PAGE_IS_LARGE, 8, 1);
	reachable[hung] = 1;
	pages_settle_row(8, 1, reachable);
	free(reachable);
	ck_assert_uint_eq(pages_in_use(), 2);
	ck_assert(page_is_of(hung, 8, 1) && page_is_of(other, 8, 2));
	page_free(hung);
	page_free(other);
	check_all_are_free();
}
END_TEST

/* Dies with a magazine, pages in its hand, and the lock of a list that it
 * has torn. */
static void die_in_the_list(void)
{
	struct page_list *l = &pages.head->list[PAGE_IS_SMALL];

	for (unsigned i = 0; i < 5; i++)
		take_stamped(i % 2 ? PAGE_IS_SMALL : PAGE_IS_LARGE);
	if (lock_take(&l->lock))
		atomic_fetch_add(&wrong, 1);
	l->head = pages.count + 5;
	l->n += 3;
}

/* As settle_slot does it. */
static void settle(unsigned slot, const char *reachable)
{
	pages_settle_locks(slot);
	pages_settle_row(slot, slot * 1000, reachable);
	pages_settle_slot(slot);
	slot_free(slot);
}

START_TEST(deaths_lose_no_page)
{
	char *reachable = calloc(pages.count + 1, 1);
	struct member crew[CREW];

	crew_start(crew, take_and_free);
	for (unsigned i = 0; i < DEATHS; i++) {
		run_and_bury(die_in_the_list);
		settle(VICTIM, reachable);
	}
	crew_join(crew);
	free(reachable);
	check_all_are_free();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pages");
	TCase *tc = tcase_create("pages");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_page_comes_back);
	tcase_add_test(tc, all_can_be_taken_and_no_more);
	tcase_add_test(tc, the_word_says_whose_it_is);
	tcase_add_test(tc, pages_that_hang_are_not_settled);
	tcase_add_test(tc, deaths_lose_no_page);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
