/* SPDX-License-Identifier: BSD-2-Clause */
/* Which media types a client prefers. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/accept.h"

static void check_html(const char *list, unsigned quality)
{
	ck_assert_uint_eq(accept_quality(slice_str(list),
	    SLICE("text/html")), quality);
}

START_TEST(weights_have_three_decimals)
{
	check_html("text/html", 1000);
	check_html("text/html;q=1", 1000);
	check_html("text/html;q=1.", 1000);
	check_html("text/html;q=1.000", 1000);
	check_html("text/html;q=0.5", 500);
	check_html("text/html ; Q=0.25", 250);
	check_html("text/html;q=0.001", 1);
	check_html("text/html;q=0", 0);
	check_html("text/html;q=0.", 0);
}
END_TEST

START_TEST(the_closest_range_decides)
{
	check_html("*/*;q=0.1", 100);
	check_html("*/*;q=0.1, text/*;q=0.2", 200);
	check_html("text/html;q=0, */*", 0);
	check_html("text/html;q=0.3, text/*;q=0.2, */*", 300);
	check_html("text/html;level=1;q=0.4, text/*", 400);
	check_html("text/html;q=0.3, text/html;level=1;q=0.4", 300);
	check_html("text/html;q=0.3, text/html;q=0.4", 400);
	check_html("text/html;q=0.4, text/html;q=0.3", 400);
}
END_TEST

START_TEST(what_no_range_matches_is_not_wanted)
{
	check_html("application/json", 0);
	check_html("text/plain, image/*;q=0.5", 0);
	check_html("text/htm, text/html5, tex/html", 0);
}
END_TEST

START_TEST(types_are_compared_in_any_case)
{
	check_html("TEXT/Html;q=0.7", 700);
	ck_assert_uint_eq(accept_quality(SLICE("text/html;q=0.6"),
	    SLICE("Text/HTML; charset=utf-8")), 600);
	ck_assert_uint_eq(accept_quality(
	    SLICE("application/json, text/html;q=0.9"),
	    SLICE("application/json ;x=y")), 1000);
}
END_TEST

START_TEST(malformed_elements_are_passed_over)
{
	check_html("text/html;q=0.5, text/html;q=2", 500);
	check_html("text/html;q=0.5, text/html;q=1.001", 500);
	check_html("text/html;q=0.5, text/html;q=0.1234", 500);
	check_html("text/html;q=0.5, text/html;q=.9", 500);
	check_html("text/html;q=0.5, text/html;q=", 500);
	check_html("text/html;q=0.5, text/html;q=0.x", 500);
	check_html("text/html;q=0.5, text/html;q", 500);
	check_html("text/html;q=0.5, text/html;q=0,9", 500);
	check_html("*/*;q=0.5, */html", 500);
	check_html("*/*;q=0.5, text/html;level", 500);
	check_html("*/*;q=0.5, text/html;a b=c", 500);
	check_html("*/*;q=0.5, text /html, text/, /html, text", 500);
	check_html("*/*;q=0.5, ;text/html, text/html/x, *", 500);
}
END_TEST

START_TEST(extensions_behind_the_weight_do_not_count)
{
	check_html("text/html;q=0.5;a;b=\";,\", text/html;v=1", 500);
	check_html("text/html;v=\"a,b;c\";q=0.2, */*", 200);
	check_html("text/html;;q=0.2;", 200);
}
END_TEST

START_TEST(without_a_range_everything_is_wanted)
{
	check_html("", 1000);
	ck_assert_uint_eq(accept_quality(slice_make(NULL, 0),
	    SLICE("text/html")), 1000);
	check_html(" , ,", 1000);
	check_html("html", 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accept");
	TCase *tc = tcase_create("accept");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, weights_have_three_decimals);
	tcase_add_test(tc, the_closest_range_decides);
	tcase_add_test(tc, what_no_range_matches_is_not_wanted);
	tcase_add_test(tc, types_are_compared_in_any_case);
	tcase_add_test(tc, malformed_elements_are_passed_over);
	tcase_add_test(tc, extensions_behind_the_weight_do_not_count);
	tcase_add_test(tc, without_a_range_everything_is_wanted);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
