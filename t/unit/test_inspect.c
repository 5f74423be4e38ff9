/* SPDX-License-Identifier: BSD-2-Clause */
/* Inspections: what a process that looks at certificates may do to us. */
/* links: master shm net http conf base */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "master/inspect.h"

static struct conf_listener listener = {.name = "a", .tls.on = true};
static struct conf conf = {.listeners = &listener, .nlisteners = 1};

static bool finds_two(const struct conf *c, FILE *to, FILE *facts)
{
	ck_assert_ptr_eq(c, &conf);
	fputs("x.conf:3: a warning\n", to);
	fputs("certificate\ta\t/x/a.pem\tEC\t1800000000\ta.test b.test\n"
	    "certificate\ta\t/x/b.pem\tRSA\t1\t\n", facts);
	return true;
}

static bool finds_an_error(const struct conf *c, FILE *to, FILE *facts)
{
	(void)c;
	fputs("fine\n", to);
	fputs("certificate\ta\t/x/a.pem\tEC\t1800000000\ta.test\n", facts);
	return false;
}

static bool crashes(const struct conf *c, FILE *to, FILE *facts)
{
	(void)c;
	(void)to;
	fputs("fine\n", facts);
	raise(SIGKILL);
	return true;
}

static bool hangs(const struct conf *c, FILE *to, FILE *facts)
{
	(void)c;
	fputs("certificate\ta\t/x/a.pem\tEC\t1800000000\ta.test\n", facts);
	fflush(facts);
	fputs("half a li", to);
	fflush(to);
	pause();
	return true;
}

static bool talks_too_much(const struct conf *c, FILE *to, FILE *facts)
{
	(void)c;
	for (int i = 0; i < 20000; i++)
		fputs("x.conf:3: this is said again and again\n", to);
	for (int i = 0; i < 200000; i++)
		fputs("certificate\ta\t/x/a.pem\tEC\t1800000000\ta.test\n",
		    facts);
	return true;
}

static struct master_task task;
static char said[256];

static bool inspect(bool (*check)(const struct conf *, FILE *, FILE *))
{
	FILE *to = fmemopen(said, sizeof said, "w");

	ck_assert_ptr_nonnull(to);
	task.check_tls = check;
	bool fine = inspect_now(&task, &conf, to);
	fclose(to);
	return fine;
}

START_TEST(what_is_found_comes_home)
{
	ck_assert(inspect(finds_two));
	ck_assert_str_eq(said, "x.conf:3: a warning\n");
	struct facts f = inspect_facts();
	ck_assert_uint_eq(f.n, 2);
	ck_assert_str_eq(f.at[0].of, "a");
	ck_assert_str_eq(f.at[0].path, "/x/a.pem");
	ck_assert_str_eq(f.at[0].key, "EC");
	ck_assert_str_eq(f.at[0].names, "a.test b.test");
	ck_assert_int_eq(f.at[0].ends, 1800000000);
	ck_assert_str_eq(f.at[1].names, "");
	facts_free(&f);
}
END_TEST

START_TEST(an_error_is_one)
{
	ck_assert(!inspect(finds_an_error));
	ck_assert_str_eq(said, "fine\n");
	ck_assert(inspect(finds_two));
}
END_TEST

START_TEST(who_dies_has_found_nothing)
{
	ck_assert(!inspect(crashes));
	ck_assert_ptr_nonnull(strstr(said, "without a result"));
}
END_TEST

START_TEST(who_hangs_is_killed)
{
	inspect_patience = 300;
	ck_assert(!inspect(hangs));
	ck_assert_ptr_nonnull(strstr(said, "took too long"));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

static bool talks_too_much_and_fails(const struct conf *c, FILE *to,
    FILE *facts)
{
	talks_too_much(c, to, facts);
	return false;
}

START_TEST(too_much_is_cut_and_no_more_memory)
{
	ck_assert(inspect(talks_too_much));
	struct facts f = inspect_facts();
	ck_assert_uint_le(f.n, FACTS_BYTES / 40);
	ck_assert_uint_gt(f.n, 10000);
	for (unsigned i = 0; i < f.n; i++) {
		ck_assert_str_eq(f.at[i].names, "a.test");
		ck_assert_int_eq(f.at[i].ends, 1800000000);
	}
	facts_free(&f);
	ck_assert(!inspect(talks_too_much_and_fails));
	ck_assert(inspect(finds_two));
	f = inspect_facts();
	ck_assert_uint_eq(f.n, 2);
	facts_free(&f);
}
END_TEST

START_TEST(a_new_one_takes_the_place_of_the_old)
{
	task.check_tls = hangs;
	unsigned first = inspect_begin(&task, &conf);
	ck_assert_int_eq(inspect_look(first), INSPECT_GOES_ON);
	task.check_tls = finds_two;
	unsigned second = inspect_begin(&task, &conf);
	ck_assert_int_eq(inspect_look(first), INSPECT_LOST);
	for (int i = 0; i < 500 && inspect_look(second) == INSPECT_GOES_ON;
	    i++)
		usleep(10000);
	ck_assert_int_eq(inspect_look(second), INSPECT_FINE);
	inspect_drop(second);
	ck_assert_int_eq(inspect_look(second), INSPECT_FINE);
	while (waitpid(-1, NULL, 0) > 0)
		;
}
END_TEST

START_TEST(without_tls_there_is_nothing_to_look_at)
{
	struct conf none = {0};
	size_t n;

	task.check_tls = crashes;
	unsigned number = inspect_begin(&task, &none);
	ck_assert_int_eq(inspect_look(number), INSPECT_FINE);
	inspect_said(&n);
	ck_assert_uint_eq(n, 0);
	struct facts f = inspect_facts();
	ck_assert_uint_eq(f.n, 0);
	facts_free(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inspect");
	TCase *tc = tcase_create("inspect");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, what_is_found_comes_home);
	tcase_add_test(tc, an_error_is_one);
	tcase_add_test(tc, who_dies_has_found_nothing);
	tcase_add_test(tc, who_hangs_is_killed);
	tcase_add_test(tc, too_much_is_cut_and_no_more_memory);
	tcase_add_test(tc, a_new_one_takes_the_place_of_the_old);
	tcase_add_test(tc, without_tls_there_is_nothing_to_look_at);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
