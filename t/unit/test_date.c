/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates in the three forms. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/date.h"

#define NOW 1700000000

static void check_format(time_t t, const char *text)
{
	char to[DATE_LENGTH + 1];
	time_t back;

	date_format(t, to);
	ck_assert_str_eq(to, text);
	ck_assert(date_parse(slice_str(to), NOW, &back));
	ck_assert_int_eq(back, t);
}

START_TEST(dates_are_formatted)
{
	check_format(0, "Thu, 01 Jan 1970 00:00:00 GMT");
	check_format(784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
	check_format(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
	check_format(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT");
	check_format(253402300799, "Fri, 31 Dec 9999 23:59:59 GMT");
}
END_TEST

START_TEST(every_day_is_as_libc_has_it)
{
	char ours[DATE_LENGTH + 1], theirs[64];
	struct tm tm;
	time_t t;

	for (t = 0; t < 6000000000; t += 86400 * 3 + 4321) {
		date_format(t, ours);
		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%a, %d %b %Y %T GMT", &tm);
		ck_assert_str_eq(ours, theirs);
	}
}
END_TEST

START_TEST(times_outside_are_bounded)
{
	char to[DATE_LENGTH + 1];

	date_format(-5, to);
	ck_assert_str_eq(to, "Thu, 01 Jan 1970 00:00:00 GMT");
	date_format(INT64_MAX, to);
	ck_assert_str_eq(to, "Fri, 31 Dec 9999 23:59:59 GMT");
}
END_TEST

static void check_parse(const char *text, time_t wanted)
{
	time_t t = -1;

	ck_assert_msg(date_parse(slice_str(text), NOW, &t), "%s", text);
	ck_assert_int_eq(t, wanted);
}

START_TEST(obsolete_forms_are_read)
{
	check_parse("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
	check_parse("Sun Nov  6 08:49:37 1994", 784111777);
	check_parse("Sun Nov 16 08:49:37 1994", 784111777 + 864000);
	/* 50 years after 2023 is the last one that lies ahead. */
	check_parse("Sunday, 01-Jan-73 00:00:00 GMT", 3250454400);
	check_parse("Tuesday, 01-Jan-74 00:00:00 GMT", 126230400);
	check_parse("Thu, 31 Dec 1998 23:59:60 GMT", 915148799);
	check_parse("SUN, 06 nov 1994 08:49:37 gmt", 784111777);
	check_parse("Wed, 31 Dec 1969 23:59:59 GMT", -1);
}
END_TEST

START_TEST(bad_dates_are_refused)
{
	static const char *const bad[] = {
		"", "0", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Wed, 29 Feb 2100 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1994 +8:49:37 GMT",
		"Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94",
		"Sun, 06-Nov-94 08:49:37 GMT",
	};
	time_t t;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!date_parse(slice_str(bad[i]), NOW, &t), "%s",
		    bad[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("date");
	TCase *tc = tcase_create("date");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, dates_are_formatted);
	tcase_add_test(tc, every_day_is_as_libc_has_it);
	tcase_add_test(tc, times_outside_are_bounded);
	tcase_add_test(tc, obsolete_forms_are_read);
	tcase_add_test(tc, bad_dates_are_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
