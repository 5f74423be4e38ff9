/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that die young: the waits double, up to a minute, and end. */
/* links: master shm http conf base */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "master/notify.h"
#include "master/young.h"

#define LEFT(code) ((code) << 8) /* wait statuses */
#define ENDED_BY(signal) (signal)

START_TEST(young_is_who_lived_less_than_a_second)
{
	ck_assert(young_is(1000, 1999, LEFT(1)));
	ck_assert(young_is(1000, 1000, ENDED_BY(SIGSEGV)));
	ck_assert(!young_is(1000, 2000, LEFT(1)));
	ck_assert(!young_is(1000, 1001, ENDED_BY(SIGKILL)));
	ck_assert(young_is(1000, 1001, LEFT(SIGKILL)));
}
END_TEST

START_TEST(waits_double_up_to_a_minute)
{
	static const unsigned ms[] = {1000, 2000, 4000, 8000, 16000, 32000,
		60000, 60000};
	struct young y = {0};
	uint64_t now = 5000;

	ck_assert(!young_waits(&y, now));
	for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
		ck_assert_uint_eq(young_wait(&y, now), ms[i]);
		ck_assert(young_waits(&y, now + ms[i] - 1));
		now += ms[i];
		ck_assert(!young_waits(&y, now));
		now += 10; /* born, and dead again */
	}
}
END_TEST

START_TEST(those_who_die_together_wait_once)
{
	struct young y = {0};

	ck_assert_uint_eq(young_wait(&y, 100), 1000);
	ck_assert_uint_eq(young_wait(&y, 100), 0);
	ck_assert_uint_eq(young_wait(&y, 1099), 0);
	ck_assert(!young_waits(&y, 1100));
	ck_assert_uint_eq(young_wait(&y, 1200), 2000);
}
END_TEST

START_TEST(after_a_minute_all_is_well)
{
	struct young y = {0};

	young_wait(&y, 100);
	ck_assert(!young_waits(&y, 1100));
	ck_assert(!young_waits(&y, 61099));
	ck_assert_uint_eq(young_wait(&y, 61099), 2000);
	ck_assert(!young_waits(&y, 63099));
	ck_assert(!young_waits(&y, 123099));
	ck_assert_uint_eq(young_wait(&y, 123099), 1000);
}
END_TEST

/* The wait is over by itself, and nobody looked at once. */
START_TEST(a_minute_counts_from_the_end_of_the_wait)
{
	struct young y = {0};

	young_wait(&y, 100);
	ck_assert(!young_waits(&y, 61099));
	ck_assert_uint_eq(y.deaths, 1);
	ck_assert(!young_waits(&y, 61100));
	ck_assert_uint_eq(y.deaths, 0);
}
END_TEST

START_TEST(children_do_not_know_the_service_manager)
{
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	notify_init();
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("young");
	TCase *t = tcase_create("all");

	suite_add_tcase(s, t);
	tcase_add_test(t, young_is_who_lived_less_than_a_second);
	tcase_add_test(t, waits_double_up_to_a_minute);
	tcase_add_test(t, those_who_die_together_wait_once);
	tcase_add_test(t, after_a_minute_all_is_well);
	tcase_add_test(t, a_minute_counts_from_the_end_of_the_wait);
	tcase_add_test(t, children_do_not_know_the_service_manager);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
