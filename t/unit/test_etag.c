/* SPDX-License-Identifier: BSD-2-Clause */
/* Entity tags and conditions: RFC 9110, 8.8.3 and 13; RFC 9111, 4.3.2. */
/* links: http base */
#include <stdlib.h>

#include "heads.h"
#include "http/etag.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define AT_NOW "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

static struct test_head made;

START_TEST(tags_are_quoted)
{
	ck_assert(etag_is_valid(SLICE("\"\"")));
	ck_assert(etag_is_valid(SLICE("\"xyzzy\"")));
	ck_assert(etag_is_valid(SLICE("W/\"xyzzy\"")));
	ck_assert(etag_is_valid(SLICE("W/\"\"")));
	ck_assert(etag_is_valid(SLICE("\"!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\"")));
	ck_assert(etag_is_valid(SLICE("\"abcdef\xc3\xbc\"")));
	ck_assert(etag_is_valid(SLICE("\"a\\\"")));
}
END_TEST

START_TEST(what_is_not_quoted_is_no_tag)
{
	static const char *const bad[] = {"", "xyzzy", "\"", "\"a", "a\"",
		"w/\"a\"", "W\"a\"", "W\\\"a\"", "W/", "W/a", "W/ \"a\"",
		"\"a b\"", "\"a\tb\"", "\"a\x7f\"", "\"a\"b\"", "\"a\" ",
		" \"a\"", "'a'", "*"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!etag_is_valid(slice_str(bad[i])), "%s", bad[i]);
}
END_TEST

/* The table of RFC 9110, 8.8.3.2. */
START_TEST(weak_tags_are_never_strongly_equal)
{
	const struct slice w1 = SLICE("W/\"1\""), w2 = SLICE("W/\"2\"");
	const struct slice s1 = SLICE("\"1\"");

	ck_assert(!etag_equal_strong(w1, w1) && etag_equal_weak(w1, w1));
	ck_assert(!etag_equal_strong(w1, w2) && !etag_equal_weak(w1, w2));
	ck_assert(!etag_equal_strong(w1, s1) && etag_equal_weak(w1, s1));
	ck_assert(!etag_equal_strong(s1, w1) && etag_equal_weak(s1, w1));
	ck_assert(etag_equal_strong(s1, s1) && etag_equal_weak(s1, s1));
	ck_assert(etag_is_weak(w1) && !etag_is_weak(s1));
}
END_TEST

START_TEST(what_is_no_tag_equals_nothing)
{
	ck_assert(!etag_equal_weak(SLICE("a"), SLICE("a")));
	ck_assert(!etag_equal_strong(SLICE("a"), SLICE("a")));
	ck_assert(!etag_equal_weak(SLICE(""), SLICE("")));
	ck_assert(!etag_equal_weak(SLICE("\"A\""), SLICE("\"a\"")));
}
END_TEST

static enum precondition judge(const char *lines, const char *etag)
{
	struct validators have = {.etag = slice_str(etag),
	    .has_modified = true, .modified = NOW - 10, .date = NOW};

	return etag_judge(heads_request(&made, lines), &have, NOW);
}

static void check_tags(const char *list, const char *etag, bool same)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "If-None-Match: %s\r\n", list);
	ck_assert_msg(judge(lines, etag) == (same ?
	    PRECONDITION_NOT_MODIFIED : PRECONDITION_TRUE), "%s", list);
}

/* RFC 9110, 13.1.2: the comparison is weak. */
START_TEST(one_tag_of_the_list_is_enough)
{
	check_tags("\"a\"", "\"a\"", true);
	check_tags("W/\"a\"", "\"a\"", true);
	check_tags("\"a\"", "W/\"a\"", true);
	check_tags("\"a\", \"b\", \"c\"", "\"a\"", true);
	check_tags("\"a\", \"b\", \"c\"", "\"b\"", true);
	check_tags("\"a\" ,W/\"b\"\t, \"c\"", "\"c\"", true);
	check_tags(",, \"a\",,", "\"a\"", true);
	check_tags("\"a\"", "\"b\"", false);
	check_tags("\"a\"", "", false);
	check_tags("\"\"", "", false);
	check_tags("", "\"a\"", false);
	check_tags("a", "\"a\"", false);
}
END_TEST

START_TEST(any_tag_is_one_that_we_have)
{
	check_tags("*", "\"a\"", true);
	check_tags("*", "", true);
	check_tags("\"*\"", "\"a\"", false);
	check_tags("*, \"b\"", "\"a\"", false);
}
END_TEST

/* Commas and backslashes are bytes like others in a tag. */
START_TEST(tags_may_have_commas_and_backslashes)
{
	check_tags("\"a,b\", \"c\"", "\"a,b\"", true);
	check_tags("\"a,b\", \"c\"", "\"c\"", true);
	check_tags("\"a\\\", \"c\"", "\"c\"", true);
	check_tags("\"a\\\", \"c\"", "\"a\\\"", true);
	check_tags("\"x, \"a\"", "\"a\"", true);
	check_tags("\"a\"x, \"b\"", "\"a\"", false);
	check_tags("\"a\"x, \"b\"", "\"b\"", true);
	check_tags("w/\"a\", \"b\"", "\"b\"", true);
}
END_TEST

START_TEST(lines_are_one_list)
{
	ck_assert_int_eq(judge("If-None-Match: \"x\"\r\n"
	    "If-None-Match: \"a\"\r\n", "\"a\""), PRECONDITION_NOT_MODIFIED);
}
END_TEST

/* RFC 9110, 13.1.3: If-Modified-Since does not count beside If-None-Match. */
START_TEST(tags_are_above_dates)
{
	ck_assert_int_eq(judge("If-Modified-Since: " AT_NOW "\r\n"
	    "If-None-Match: \"x\"\r\n", "\"a\""), PRECONDITION_TRUE);
	ck_assert_int_eq(judge("If-None-Match: \"a\"\r\n"
	    "If-Modified-Since: Sat, 01 Jan 1994 00:00:00 GMT\r\n", "\"a\""),
	    PRECONDITION_NOT_MODIFIED);
}
END_TEST

static enum precondition judge_date(const char *value, time_t modified)
{
	struct validators have = {.has_modified = modified != 0,
	    .modified = modified, .date = NOW};
	char lines[128];

	snprintf(lines, sizeof(lines), "If-Modified-Since: %s\r\n", value);
	return etag_judge(heads_request(&made, lines), &have, NOW);
}

START_TEST(what_is_not_younger_has_not_changed)
{
	ck_assert_int_eq(judge_date(AT_NOW, NOW), PRECONDITION_NOT_MODIFIED);
	ck_assert_int_eq(judge_date(AFTER, NOW), PRECONDITION_NOT_MODIFIED);
	ck_assert_int_eq(judge_date(BEFORE, NOW), PRECONDITION_TRUE);
	ck_assert_int_eq(judge_date("Sunday, 06-Nov-94 08:49:37 GMT", NOW),
	    PRECONDITION_NOT_MODIFIED);
	ck_assert_int_eq(judge_date("Sun Nov  6 08:49:37 1994", NOW),
	    PRECONDITION_NOT_MODIFIED);
}
END_TEST

/* RFC 9111, 4.3.2 */
START_TEST(without_last_modified_its_date_counts)
{
	ck_assert_int_eq(judge_date(AT_NOW, 0), PRECONDITION_NOT_MODIFIED);
	ck_assert_int_eq(judge_date(BEFORE, 0), PRECONDITION_TRUE);
}
END_TEST

/* RFC 9110, 13.1.3 */
START_TEST(what_is_no_date_is_no_condition)
{
	ck_assert_int_eq(judge_date("yesterday", NOW), PRECONDITION_NONE);
	ck_assert_int_eq(judge_date("0", NOW), PRECONDITION_NONE);
	ck_assert_int_eq(judge_date("", NOW), PRECONDITION_NONE);
	ck_assert_int_eq(judge("If-Modified-Since: " AT_NOW "\r\n"
	    "If-Modified-Since: " AT_NOW "\r\n", "\"a\""), PRECONDITION_NONE);
	ck_assert_int_eq(judge("", "\"a\""), PRECONDITION_NONE);
	ck_assert_int_eq(judge("If-Match: \"x\"\r\n", "\"a\""),
	    PRECONDITION_NONE);
}
END_TEST

static bool allows(const char *value, const char *etag, time_t modified)
{
	struct validators have = {.etag = slice_str(etag),
	    .has_modified = modified != 0, .modified = modified, .date = NOW};
	char lines[256];

	snprintf(lines, sizeof(lines), "If-Range: %s\r\n", value);
	return etag_allows_range(heads_request(&made, lines), &have, NOW);
}

/* RFC 9110, 13.1.5 */
START_TEST(ranges_need_a_strong_validator)
{
	ck_assert(allows("\"a\"", "\"a\"", 0));
	ck_assert(!allows("\"b\"", "\"a\"", 0));
	ck_assert(!allows("W/\"a\"", "W/\"a\"", 0));
	ck_assert(!allows("W/\"a\"", "\"a\"", 0));
	ck_assert(!allows("\"a\"", "W/\"a\"", 0));
	ck_assert(!allows("\"a\"", "", 0));
	ck_assert(!allows("a", "a", 0));
	ck_assert(!allows("*", "\"a\"", 0));
	ck_assert(!allows("\"a\", \"b\"", "\"a\"", 0));
	ck_assert(!allows("", "\"a\"", NOW - 1));
}
END_TEST

START_TEST(ranges_need_the_very_date)
{
	ck_assert(allows(BEFORE, "\"a\"", NOW - 1));
	ck_assert(!allows(AT_NOW, "\"a\"", NOW - 1));
	ck_assert(!allows(BEFORE, "\"a\"", NOW - 2));
	ck_assert(!allows(AT_NOW, "\"a\"", NOW));
	ck_assert(!allows(BEFORE, "\"a\"", 0));
	ck_assert(!allows("no date", "\"a\"", NOW - 1));
}
END_TEST

START_TEST(without_if_range_ranges_are_free)
{
	struct validators have = {.date = NOW};

	ck_assert(etag_allows_range(heads_request(&made, ""), &have, NOW));
	ck_assert(!etag_allows_range(heads_request(&made,
	    "If-Range: \"a\"\r\nIf-Range: \"a\"\r\n"), &have, NOW));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("etag");
	TCase *tc = tcase_create("etag");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, tags_are_quoted);
	tcase_add_test(tc, what_is_not_quoted_is_no_tag);
	tcase_add_test(tc, weak_tags_are_never_strongly_equal);
	tcase_add_test(tc, what_is_no_tag_equals_nothing);
	tcase_add_test(tc, one_tag_of_the_list_is_enough);
	tcase_add_test(tc, any_tag_is_one_that_we_have);
	tcase_add_test(tc, tags_may_have_commas_and_backslashes);
	tcase_add_test(tc, lines_are_one_list);
	tcase_add_test(tc, tags_are_above_dates);
	tcase_add_test(tc, what_is_not_younger_has_not_changed);
	tcase_add_test(tc, without_last_modified_its_date_counts);
	tcase_add_test(tc, what_is_no_date_is_no_condition);
	tcase_add_test(tc, ranges_need_a_strong_validator);
	tcase_add_test(tc, ranges_need_the_very_date);
	tcase_add_test(tc, without_if_range_ranges_are_free);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
