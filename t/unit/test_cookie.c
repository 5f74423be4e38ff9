/* SPDX-License-Identifier: BSD-2-Clause */
/* Cookie fields. */
/* links: http base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/cookie.h"

static void check_pairs(struct slice rest, const char *joined)
{
	struct slice name, value;
	char text[128];
	int n = 0;

	text[0] = '\0';
	while (cookie_next(&rest, &name, &value))
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "%.*s=%.*s|", SLICE_FMT(name), SLICE_FMT(value));
	ck_assert_str_eq(text, joined);
}

static void check_found(const char *list, const char *name,
    const char *expected)
{
	struct slice value;

	ck_assert(cookie_find(slice_str(list), slice_str(name), &value));
	ck_assert(slice_eq(value, slice_str(expected)));
}

START_TEST(pairs_are_cut_at_semicolons)
{
	check_pairs(slice_make(NULL, 0), "");
	check_pairs(SLICE(""), "");
	check_pairs(SLICE("a=1"), "a=1|");
	check_pairs(SLICE("a=1; b=2"), "a=1|b=2|");
	check_pairs(SLICE("a=1;b=2;c="), "a=1|b=2|c=|");
	check_pairs(SLICE("a=b=c; d=="), "a=b=c|d==|");
	check_pairs(SLICE("a=1,b=2"), "a=1,b=2|");
}
END_TEST

START_TEST(spaces_and_quotes_do_not_count)
{
	check_pairs(SLICE(" a = 1 ;\tb\t=\t2\t; "), "a=1|b=2|");
	check_pairs(SLICE("a=\"1\"; b=\"\"; c=\"; d=\"x"),
	    "a=1|b=|c=\"|d=\"x|");
	check_pairs(SLICE("a=\"1;2\""), "a=\"1|");
}
END_TEST

START_TEST(what_is_no_pair_is_passed_over)
{
	check_pairs(SLICE(";; a ; =1; b=2;"), "b=2|");
	check_pairs(SLICE("="), "");
}
END_TEST

START_TEST(the_first_of_a_name_is_found)
{
	struct slice value;

	check_found("a=1; b=2; b=3", "b", "2");
	check_found("B=1; b=\"2\"", "b", "2");
	check_found("bb=1; b=", "b", "");
	ck_assert(!cookie_find(SLICE("a=1; bb=2"), SLICE("b"), &value));
	ck_assert(!cookie_find(SLICE("b"), SLICE("b"), &value));
	ck_assert(!cookie_find(SLICE(""), SLICE("b"), &value));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cookie");
	TCase *tc = tcase_create("cookie");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, pairs_are_cut_at_semicolons);
	tcase_add_test(tc, spaces_and_quotes_do_not_count);
	tcase_add_test(tc, what_is_no_pair_is_passed_over);
	tcase_add_test(tc, the_first_of_a_name_is_found);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
