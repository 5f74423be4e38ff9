/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks between threads: one at a time, and what the dead leave behind. */
/* links: shm net http conf base */
#include <stdlib.h>

#include "base/clock.h"
#include "crew.h" /* pthread_create: tsan runs this test */
#include "shm/lock.h"
#include "shm/slot.h"

#define ROUNDS 100000
#define DEATHS 12

static struct lock lock;
static uint64_t left, right; /* guarded: equal, but for a death in between */
static unsigned repairs;     /* guarded too */

static void setup(void)
{
	ck_assert(slots_create());
	slot_enter(MASTER);
	lock = (struct lock){0};
	left = right = repairs = 0;
}

static void teardown(void)
{
	area_close(&slots.area);
}

static void take(void)
{
	if (lock_take(&lock)) {
		repairs++;
		right = left;
	}
}

static void count_one(void)
{
	take();
	left++;
	right++;
	lock_release(&lock);
}

static void count_rounds(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		count_one();
}

static void count_until_the_end(void)
{
	while (!atomic_load(&finish))
		count_one();
}

START_TEST(only_one_is_inside)
{
	struct member crew[CREW];

	crew_start(crew, count_rounds);
	crew_join(crew);
	ck_assert_uint_eq(left, CREW * ROUNDS);
	ck_assert_uint_eq(right, left);
	ck_assert_uint_eq(repairs, 0);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

START_TEST(the_word_names_the_owner)
{
	ck_assert(!lock_is_of(&lock, 0));
	ck_assert(!lock_is_of(&lock, slot_me));
	ck_assert(!lock_take(&lock));
	ck_assert(lock_is_of(&lock, slot_me));
	ck_assert(!lock_is_of(&lock, 0));
	ck_assert(!lock_is_of(&lock, slot_me + 1));
	lock_release(&lock);
	ck_assert(!lock_is_of(&lock, slot_me));
}
END_TEST

START_TEST(the_first_and_the_last_slot_can_own)
{
	static const unsigned slot[] = {0, SLOTS - 1};

	for (unsigned i = 0; i < 2; i++) {
		slot_enter(slot[i]);
		atomic_store(&slot_self->incarnation, UINT32_MAX);
		ck_assert(!lock_take(&lock));
		ck_assert(lock_is_of(&lock, slot[i]));
		bury(slot[i]);
		slot_enter(MASTER);
		ck_assert(lock_take(&lock));
		lock_release(&lock);
	}
}
END_TEST

static void die_inside(void)
{
	take();
	left++;
}

START_TEST(a_slot_that_was_freed_owns_nothing)
{
	struct member victim;

	member_start(&victim, VICTIM, die_inside);
	member_join(&victim);
	ck_assert(lock_is_of(&lock, VICTIM));
	atomic_fetch_add(&slots.at[VICTIM].incarnation, 1);
	count_one();
	ck_assert_uint_eq(repairs, 1);
	ck_assert_uint_eq(left, 2);
	ck_assert_uint_eq(right, left);
}
END_TEST

START_TEST(one_heir_repairs)
{
	struct member crew[CREW], victim;

	member_start(&victim, VICTIM, die_inside);
	member_join(&victim);
	ck_assert(lock_is_of(&lock, VICTIM));
	crew_start(crew, count_rounds);
	bury(VICTIM);
	crew_join(crew);
	ck_assert_uint_eq(repairs, 1);
	ck_assert_uint_eq(left, CREW * ROUNDS + 1);
	ck_assert_uint_eq(right, left);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

static unsigned repairs_now(void)
{
	take();
	unsigned n = repairs;
	lock_release(&lock);
	return n;
}

/* The same slot again and again, each time its next incarnation. */
START_TEST(deaths_among_the_living)
{
	struct member crew[CREW];

	crew_start(crew, count_until_the_end);
	for (unsigned i = 1; i <= DEATHS; i++) {
		run_and_bury(die_inside);
		ck_assert_uint_eq(repairs_now(), i);
		slot_free(VICTIM);
	}
	atomic_store(&finish, true);
	crew_join(crew);
	ck_assert_uint_eq(repairs, DEATHS);
	ck_assert_uint_eq(left, right);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

START_TEST(the_living_are_waited_for)
{
	struct member crew[CREW];

	ck_assert(!lock_take(&lock));
	crew_start(crew, count_one);
	clock_sleep_us(30000);
	ck_assert(lock_is_of(&lock, slot_me));
	ck_assert_uint_eq(left, 0);
	left = right = 100;
	lock_release(&lock);
	crew_join(crew);
	ck_assert_uint_eq(left, 100 + CREW);
	ck_assert_uint_eq(repairs, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lock");
	TCase *tc = tcase_create("lock");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, only_one_is_inside);
	tcase_add_test(tc, the_word_names_the_owner);
	tcase_add_test(tc, the_first_and_the_last_slot_can_own);
	tcase_add_test(tc, a_slot_that_was_freed_owns_nothing);
	tcase_add_test(tc, one_heir_repairs);
	tcase_add_test(tc, deaths_among_the_living);
	tcase_add_test(tc, the_living_are_waited_for);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
