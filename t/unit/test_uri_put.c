/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths and queries that are written, and what stands behind a prefix. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/uri.h"

static void check_put(void (*put)(struct buf *, struct slice),
    struct slice in, const char *expected)
{
	char room[128];
	struct buf b;

	buf_init(&b, room, sizeof(room));
	put(&b, in);
	ck_assert(!b.full);
	ck_assert_msg(slice_eq(slice_make(room, buf_length(&b)),
	    slice_str(expected)), "%.*s", (int)buf_length(&b), room);
}

static void check_rest(const char *path, const char *prefix,
    const char *expected)
{
	bool found;
	struct slice rest = uri_path_rest(slice_str(path), slice_str(prefix),
	    &found);

	ck_assert_int_eq(found, expected != NULL);
	ck_assert(slice_eq(rest, slice_str(expected)));
}

START_TEST(bytes_of_a_path_stay)
{
	check_put(uri_put_path, SLICE(""), "");
	check_put(uri_put_path, slice_make(NULL, 0), "");
	check_put(uri_put_path, SLICE("/aZ09/-._~!$&'()*+,;=:@//"),
	    "/aZ09/-._~!$&'()*+,;=:@//");
}
END_TEST

START_TEST(other_bytes_of_a_path_are_encoded)
{
	check_put(uri_put_path, SLICE("/a b?c#d"), "/a%20b%3Fc%23d");
	check_put(uri_put_path, SLICE("/\"<>\\^`{|}[]"),
	    "/%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D");
	check_put(uri_put_path, SLICE("/\xc3\xa9\0\r\n\t\x7f"),
	    "/%C3%A9%00%0D%0A%09%7F");
}
END_TEST

START_TEST(a_percent_of_an_encoding_stays)
{
	check_put(uri_put_path, SLICE("/%2f%2F%25%zz%4%"),
	    "/%2f%2F%25%25zz%254%25");
	check_put(uri_put_path, SLICE("%%41"), "%25%41");
	check_put(uri_put_query, SLICE("a=100%&b=%41"), "a=100%25&b=%41");
}
END_TEST

START_TEST(bytes_of_a_query_stay)
{
	check_put(uri_put_query, SLICE("a=b&c[]=/d?{e}|f'^`:@"),
	    "a=b&c[]=/d?{e}|f'^`:@");
	check_put(uri_put_query, slice_make(NULL, 0), "");
}
END_TEST

START_TEST(other_bytes_of_a_query_are_encoded)
{
	check_put(uri_put_query, SLICE("a b#c\"<>\\\xe9\r\n\0"),
	    "a%20b%23c%22%3C%3E%5C%E9%0D%0A%00");
}
END_TEST

START_TEST(what_does_not_fit_is_said)
{
	char room[4];
	struct buf b;

	buf_init(&b, room, sizeof(room));
	uri_put_path(&b, SLICE("/a "));
	ck_assert(b.full);
}
END_TEST

START_TEST(a_normal_path_that_is_put_is_the_same_path)
{
	struct slice in = SLICE("/a%20b/./c%2Fd%25%41/%3f%c3%A9?"), out;
	char to[64], room[128], again[128];
	struct buf b;
	struct slice second;

	ck_assert_ptr_null(uri_normalise_path(in, to, sizeof(to), &out));
	buf_init(&b, room, sizeof(room));
	uri_put_path(&b, out);
	ck_assert_ptr_null(uri_normalise_path(slice_make(room,
	    buf_length(&b)), again, sizeof(again), &second));
	ck_assert(slice_eq(out, second));
}
END_TEST

START_TEST(a_prefix_ends_on_a_segment_border)
{
	check_rest("/static", "/static", "");
	check_rest("/static/", "/static", "/");
	check_rest("/static/a", "/static", "/a");
	check_rest("/statics", "/static", NULL);
	check_rest("/stati", "/static", NULL);
	check_rest("/a//b", "/a", "//b");
	check_rest("/A/b", "/a", NULL);
}
END_TEST

START_TEST(a_slash_at_the_end_of_a_prefix_is_the_rests)
{
	check_rest("/a", "/", "/a");
	check_rest("/", "/", "/");
	check_rest("/a/b", "/a/", "/b");
	check_rest("/a/", "/a/", "/");
	check_rest("/a", "/a/", NULL);
}
END_TEST

START_TEST(an_empty_prefix_takes_nothing)
{
	check_rest("/a", "", "/a");
	check_rest("", "", "");
	check_rest("*", "", NULL);
	check_rest("", "/", NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("uri_put");
	TCase *tc = tcase_create("uri_put");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, bytes_of_a_path_stay);
	tcase_add_test(tc, other_bytes_of_a_path_are_encoded);
	tcase_add_test(tc, a_percent_of_an_encoding_stays);
	tcase_add_test(tc, bytes_of_a_query_stay);
	tcase_add_test(tc, other_bytes_of_a_query_are_encoded);
	tcase_add_test(tc, what_does_not_fit_is_said);
	tcase_add_test(tc, a_normal_path_that_is_put_is_the_same_path);
	tcase_add_test(tc, a_prefix_ends_on_a_segment_border);
	tcase_add_test(tc, a_slash_at_the_end_of_a_prefix_is_the_rests);
	tcase_add_test(tc, an_empty_prefix_takes_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
