/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of queries, and their decoding. */
/* links: http base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/query.h"

static void check_parameters(struct slice rest, const char *joined)
{
	struct slice name, value;
	char text[128];
	int n = 0;

	text[0] = '\0';
	while (query_next(&rest, &name, &value))
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "%.*s=%.*s|", SLICE_FMT(name), SLICE_FMT(value));
	ck_assert_str_eq(text, joined);
}

static void check_decoded(struct slice in, struct slice expected)
{
	char to[64];
	size_t n;

	memset(to, 'x', sizeof(to));
	n = query_decode(in, to, in.n);
	ck_assert(slice_eq(slice_make(to, n), expected));
	ck_assert_int_eq(to[in.n], 'x');
}

START_TEST(parameters_are_cut_at_ampersands)
{
	check_parameters(slice_make(NULL, 0), "");
	check_parameters(SLICE(""), "");
	check_parameters(SLICE("a=1"), "a=1|");
	check_parameters(SLICE("a=1&b=2&a=3"), "a=1|b=2|a=3|");
	check_parameters(SLICE("a=1=2&b;c=3"), "a=1=2|b;c=3|");
}
END_TEST

START_TEST(empty_parts_are_passed_over)
{
	check_parameters(SLICE("&&a&&b=&"), "a=|b=|");
	check_parameters(SLICE("=1&="), "=1|=|");
	check_parameters(SLICE("&"), "");
}
END_TEST

START_TEST(nothing_is_decoded_by_cutting)
{
	check_parameters(SLICE("a%26b=c%3Dd+e"), "a%26b=c%3Dd+e|");
}
END_TEST

START_TEST(encodings_are_decoded_once)
{
	check_decoded(SLICE(""), SLICE(""));
	check_decoded(SLICE("abc"), SLICE("abc"));
	check_decoded(SLICE("a+b%20c%2Bd"), SLICE("a b c+d"));
	check_decoded(SLICE("%2541%c3%A9%00"), SLICE("%41\xc3\xa9\0"));
}
END_TEST

START_TEST(what_is_no_encoding_stays)
{
	check_decoded(SLICE("%"), SLICE("%"));
	check_decoded(SLICE("%4"), SLICE("%4"));
	check_decoded(SLICE("100%&%4g%g4%%41"), SLICE("100%&%4g%g4%A"));
}
END_TEST

START_TEST(decoding_keeps_to_the_room)
{
	char to[4] = "xxx";

	ck_assert_uint_eq(query_decode(SLICE("%41%42%43"), to, 2), 2);
	ck_assert_str_eq(to, "ABx");
	ck_assert_uint_eq(query_decode(SLICE("a"), to, 0), 0);
	ck_assert_str_eq(to, "ABx");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query");
	TCase *tc = tcase_create("query");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, parameters_are_cut_at_ampersands);
	tcase_add_test(tc, empty_parts_are_passed_over);
	tcase_add_test(tc, nothing_is_decoded_by_cutting);
	tcase_add_test(tc, encodings_are_decoded_once);
	tcase_add_test(tc, what_is_no_encoding_stays);
	tcase_add_test(tc, decoding_keeps_to_the_room);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
