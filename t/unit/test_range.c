/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of bytes: RFC 9110, 14. */
/* links: http base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/range.h"

/* "all", "none", or the ranges, each with a space behind it. */
static void check_range(const char *value, uint64_t length, const char *shown)
{
	struct ranges to;
	char got[512] = "";
	unsigned i;

	switch (range_parse(slice_str(value), length, &to)) {
	case RANGE_ALL:
		strcpy(got, "all");
		break;
	case RANGE_NONE:
		strcpy(got, "none");
		break;
	case RANGE_SOME:
		ck_assert_uint_ge(to.n, 1);
		ck_assert_uint_le(to.n, RANGES_MOST);
		for (i = 0; i < to.n; i++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
			    "%llu-%llu ", (unsigned long long)to.at[i].first,
			    (unsigned long long)to.at[i].last);
	}
	ck_assert_msg(strcmp(got, shown) == 0, "%s of %llu: %s", value,
	    (unsigned long long)length, got);
}

/* RFC 9110, 14.1.2 */
START_TEST(both_ends_are_in_it)
{
	check_range("bytes=0-499", 10000, "0-499 ");
	check_range("bytes=500-999", 10000, "500-999 ");
	check_range("bytes=9500-", 10000, "9500-9999 ");
	check_range("bytes=0-0", 10000, "0-0 ");
	check_range("bytes=0-", 1, "0-0 ");
	check_range("bytes=007-008", 10, "7-8 ");
}
END_TEST

START_TEST(a_suffix_is_of_the_end)
{
	check_range("bytes=-500", 10000, "9500-9999 ");
	check_range("bytes=-1", 11, "10-10 ");
	check_range("bytes=-500", 500, "0-499 ");
	check_range("bytes=-501", 500, "0-499 ");
	check_range("bytes=-99999999999999999999999", 500, "0-499 ");
}
END_TEST

START_TEST(what_is_beyond_the_end_is_cut)
{
	check_range("bytes=5-10", 10, "5-9 ");
	check_range("bytes=5-18446744073709551615", 10, "5-9 ");
	check_range("bytes=5-99999999999999999999999", 10, "5-9 ");
	check_range("bytes=0-9", UINT64_MAX, "0-9 ");
	check_range("bytes=9-", UINT64_MAX, "9-18446744073709551614 ");
}
END_TEST

START_TEST(several_stay_in_their_order)
{
	check_range("bytes=0-0,-1", 10000, "0-0 9999-9999 ");
	check_range("bytes=500-600,601-999", 10000, "500-600 601-999 ");
	check_range("bytes=601-999,500-600", 10000, "601-999 500-600 ");
	check_range("bytes=0-0, 2-2 ,\t4-4", 10, "0-0 2-2 4-4 ");
	check_range("bytes= 0-0,,2-2,", 10, "0-0 2-2 ");
	check_range("bytes=0-0,20-30,2-2,-0", 10, "0-0 2-2 ");
}
END_TEST

/* RFC 9110, 15.5.17 */
START_TEST(none_of_its_bytes_are_there)
{
	check_range("bytes=10-", 10, "none");
	check_range("bytes=10-20", 10, "none");
	check_range("bytes=10-20,30-40", 10, "none");
	check_range("bytes=-0", 10, "none");
	check_range("bytes=99999999999999999999999-", 10, "none");
	check_range("bytes=18446744073709551615-", UINT64_MAX, "none");
	check_range("bytes=0-", 0, "none");
	check_range("bytes=-0", 0, "none");
}
END_TEST

/* Nothing has a last byte that Content-Range could name. */
START_TEST(a_suffix_of_nothing_is_all_of_it)
{
	check_range("bytes=-5", 0, "all");
	check_range("bytes=0-,-5", 0, "all");
}
END_TEST

/* RFC 9110, 14.2: what is not understood is ignored. */
START_TEST(other_units_are_ignored)
{
	check_range("lines=0-5", 10, "all");
	check_range("bytes", 10, "all");
	check_range("bytes 0-5", 10, "all");
	check_range("byte=0-5", 10, "all");
	check_range("", 10, "all");
	check_range("BYTES=0-5", 10, "0-5 ");
}
END_TEST

START_TEST(malformed_ones_are_ignored)
{
	static const char *const bad[] = {"bytes=", "bytes=,", "bytes=-",
		"bytes=5", "bytes=5-4", "bytes=0-1,5-4", "bytes=a-b",
		"bytes=0-b", "bytes=0x1-2", "bytes=+1-2", "bytes=-1-2",
		"bytes=1--2", "bytes=1-2-3", "bytes=--1", "bytes=0 -1",
		"bytes=0- 1", "bytes=0-1 2", "bytes =0-1", "bytes=0-1;2-3",
		"bytes=\"0-1\"", "bytes=0-1, x", "bytes=1.5-2", "bytes=*",
		"bytes=20-30,5-4"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_range(bad[i], 10, "all");
}
END_TEST

/* RFC 9110, 14.2 and 17.15 */
START_TEST(overlapping_ones_are_ignored)
{
	check_range("bytes=0-5,5-9", 10, "all");
	check_range("bytes=0-,0-,0-,0-", 10, "all");
	check_range("bytes=5-9,0-5", 10, "all");
	check_range("bytes=0-9,3-4", 10, "all");
	check_range("bytes=3-4,0-9", 10, "all");
	check_range("bytes=0-5,-5", 10, "all");
	check_range("bytes=0-4,-5", 10, "0-4 5-9 ");
}
END_TEST

START_TEST(too_many_are_ignored)
{
	check_range("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14", 100,
	    "0-0 2-2 4-4 6-6 8-8 10-10 12-12 14-14 ");
	check_range("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", 100,
	    "all");
	check_range("bytes=900-,901-,902-,903-,904-,905-,906-,907-,0-0", 100,
	    "all");
}
END_TEST

static void check_first(const char *value, bool known, uint64_t first)
{
	uint64_t got = 0;

	ck_assert_msg(range_first(slice_str(value), &got) == known, "%s",
	    value);
	if (known)
		ck_assert_uint_eq(got, first);
}

START_TEST(the_first_byte_may_be_known_before_the_length)
{
	check_first("bytes=5-", true, 5);
	check_first("bytes=5-9,0-1", true, 5);
	check_first("bytes=0-1,-5", true, 0);
	check_first("bytes=-5", false, 0);
	check_first("bytes=-5,0-1", false, 0);
	check_first("bytes=5-,x", false, 0);
	check_first("bytes=5-4", false, 0);
	check_first("lines=5-", false, 0);
	check_first("bytes=", false, 0);
	check_first("", false, 0);
}
END_TEST

/* RFC 9110, 14.4 */
START_TEST(content_range_is_written)
{
	struct range r = {.first = 0, .last = 9};
	char text[64];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	range_put(&b, &r, 100);
	ck_assert(slice_eq(slice_make(text, buf_length(&b)),
	    SLICE("bytes 0-9/100")));
	buf_init(&b, text, sizeof(text));
	range_put_none(&b, UINT64_MAX);
	ck_assert(slice_eq(slice_make(text, buf_length(&b)),
	    SLICE("bytes */18446744073709551615")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("range");
	TCase *tc = tcase_create("range");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, both_ends_are_in_it);
	tcase_add_test(tc, a_suffix_is_of_the_end);
	tcase_add_test(tc, what_is_beyond_the_end_is_cut);
	tcase_add_test(tc, several_stay_in_their_order);
	tcase_add_test(tc, none_of_its_bytes_are_there);
	tcase_add_test(tc, a_suffix_of_nothing_is_all_of_it);
	tcase_add_test(tc, other_units_are_ignored);
	tcase_add_test(tc, malformed_ones_are_ignored);
	tcase_add_test(tc, overlapping_ones_are_ignored);
	tcase_add_test(tc, too_many_are_ignored);
	tcase_add_test(tc, the_first_byte_may_be_known_before_the_length);
	tcase_add_test(tc, content_range_is_written);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
