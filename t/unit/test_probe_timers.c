/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: against a plain table of times, and in many random steps. */
/* links: steward shm net http conf base */
#include <check.h>
#include <stdlib.h>

#include "base/timers.h"

#define NUMBERS 61
#define STEPS 200000

static struct timers t;

static void setup(void)
{
	ck_assert(timers_init(&t, NUMBERS));
}

static void teardown(void)
{
	timers_fini(&t);
}

START_TEST(nobody_is_due_at_first)
{
	unsigned who;

	ck_assert(timers_first(&t) == TIMERS_NEVER);
	ck_assert(timers_of(&t, 3) == TIMERS_NEVER);
	ck_assert(!timers_take(&t, UINT64_MAX - 1, &who));
	timers_clear(&t, 3);
}
END_TEST

START_TEST(who_is_due_is_taken_in_order)
{
	unsigned who;

	timers_set(&t, 5, 300);
	timers_set(&t, 7, 100);
	timers_set(&t, 1, 200);
	timers_set(&t, 5, 50);
	timers_set(&t, 7, 400);
	ck_assert(timers_of(&t, 5) == 50 && timers_first(&t) == 50);
	ck_assert(!timers_take(&t, 49, &who));
	ck_assert(timers_take(&t, 50, &who) && who == 5);
	ck_assert(timers_of(&t, 5) == TIMERS_NEVER);
	ck_assert(timers_take(&t, 999, &who) && who == 1);
	ck_assert(timers_take(&t, 999, &who) && who == 7);
	ck_assert(!timers_take(&t, 999, &who));
}
END_TEST

static uint64_t least_of(const uint64_t *when)
{
	uint64_t least = TIMERS_NEVER;

	for (unsigned i = 0; i < NUMBERS; i++)
		if (when[i] < least)
			least = when[i];
	return least;
}

START_TEST(it_agrees_with_a_table)
{
	uint64_t when[NUMBERS];
	unsigned who, taken = 0;

	srand(7);
	for (unsigned i = 0; i < NUMBERS; i++)
		when[i] = TIMERS_NEVER;
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = (unsigned)rand() % NUMBERS;
		uint64_t now = (uint64_t)rand() % 1000;
		switch (rand() % 4) {
		case 0:
			timers_clear(&t, i);
			when[i] = TIMERS_NEVER;
			break;
		case 1:
			ck_assert_int_eq(timers_take(&t, now, &who),
			    least_of(when) <= now);
			if (least_of(when) > now)
				break;
			ck_assert_uint_eq(when[who], least_of(when));
			when[who] = TIMERS_NEVER;
			taken++;
			break;
		default:
			timers_set(&t, i, now);
			when[i] = now;
		}
		ck_assert_uint_eq(timers_first(&t), least_of(when));
		ck_assert_uint_eq(timers_of(&t, i), when[i]);
	}
	ck_assert_uint_gt(taken, STEPS / 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timers");
	TCase *tc = tcase_create("timers");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_is_due_at_first);
	tcase_add_test(tc, who_is_due_is_taken_in_order);
	tcase_add_test(tc, it_agrees_with_a_table);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
