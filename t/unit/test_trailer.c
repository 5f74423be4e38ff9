/* SPDX-License-Identifier: BSD-2-Clause */
/* Trailer sections: where they end, what of them may go on. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/trailer.h"

#define LF "\r\n"

/* However many of its bytes are there, the answer is MORE until it is whole. */
static void check_whole(struct slice text, size_t length)
{
	size_t n, found = 0;

	for (n = 0; n < length; n++)
		ck_assert_int_eq(trailer_scan(text.p, n, &found),
		    TRAILER_MORE);
	for (; n <= text.n; n++) {
		ck_assert_int_eq(trailer_scan(text.p, n, &found),
		    TRAILER_WHOLE);
		ck_assert_uint_eq(found, length);
	}
}

/* Bad with its last byte, and not before. */
static void check_bad(struct slice text)
{
	size_t length;

	ck_assert_int_eq(trailer_scan(text.p, text.n - 1, &length),
	    TRAILER_MORE);
	ck_assert_int_eq(trailer_scan(text.p, text.n, &length), TRAILER_BAD);
}

static void check_copy(const char *text, const char *expected)
{
	char room[256];
	struct buf b;

	buf_init(&b, room, sizeof(room));
	ck_assert_ptr_null(trailer_copy(text, strlen(text), NULL, NULL, &b));
	ck_assert(!b.full);
	ck_assert_msg(slice_eq(slice_make(room, buf_length(&b)),
	    slice_str(expected)), "%.*s", (int)buf_length(&b), room);
}

static void check_refused(struct slice text)
{
	char room[256];
	struct buf b;

	buf_init(&b, room, sizeof(room));
	BUF_LIT(&b, "kept");
	ck_assert_ptr_eq(trailer_copy(text.p, text.n, NULL, NULL, &b),
	    refusal_of(REFUSAL_CHUNK));
	ck_assert_uint_eq(buf_length(&b), 4);
}

START_TEST(the_end_is_an_empty_line)
{
	check_whole(SLICE("\r\nGET /"), 2);
	check_whole(SLICE("A: 1\r\n\r\n"), 8);
	check_whole(SLICE("A: 1\r\nB:\t2\xff\r\n\r\n\r\n"), 15);
}
END_TEST

START_TEST(bytes_that_no_field_has_are_bad_at_once)
{
	check_bad(SLICE("\n"));
	check_bad(SLICE("\rx"));
	check_bad(SLICE("A: 1\n"));
	check_bad(SLICE("A: 1\rx"));
	check_bad(SLICE("A: 1\r\n\n"));
	check_bad(SLICE("A: \0"));
	check_bad(SLICE("A: 1\r\nB\x7f"));
}
END_TEST

START_TEST(the_section_is_bounded)
{
	static char text[TRAILER_MOST + 8];
	size_t length;

	memset(text, 'a', sizeof(text));
	ck_assert_int_eq(trailer_scan(text, TRAILER_MOST - 1, &length),
	    TRAILER_MORE);
	ck_assert_int_eq(trailer_scan(text, TRAILER_MOST, &length),
	    TRAILER_BAD);
	memcpy(text + TRAILER_MOST - 4, "\r\n\r\n", 4);
	ck_assert_int_eq(trailer_scan(text, sizeof(text), &length),
	    TRAILER_WHOLE);
	ck_assert_uint_eq(length, TRAILER_MOST);
	memcpy(text + TRAILER_MOST - 4, "a\r\n\r\n", 5);
	ck_assert_int_eq(trailer_scan(text, TRAILER_MOST + 1, &length),
	    TRAILER_BAD);
}
END_TEST

START_TEST(unknown_fields_go_on)
{
	check_copy(LF, "");
	check_copy("X-Sum: 1" LF LF, "X-Sum: 1" LF);
	check_copy("x-sum:\t 1 2 " LF "Empty:" LF "ETag: \"a\"" LF LF,
	    "x-sum: 1 2" LF "Empty: " LF "ETag: \"a\"" LF);
}
END_TEST

START_TEST(fields_that_steer_a_message_stay_behind)
{
	check_copy("Content-Length: 3" LF "Transfer-Encoding: chunked" LF
	    "host: a" LF "COOKIE: a=b" LF "Set-Cookie: a=b" LF LF, "");
	check_copy("Authorization: x" LF "A: 1" LF "Cache-Control: no-cache" LF
	    "X-Forwarded-For: 1.2.3.4" LF "Connection: a" LF "Via: a" LF LF,
	    "A: 1" LF);
	check_copy("Content_Length: 3" LF "X_A: 1" LF "X-A: 2" LF LF,
	    "X-A: 2" LF);
}
END_TEST

START_TEST(malformed_lines_are_refused)
{
	check_refused(SLICE(""));
	check_refused(SLICE("A: 1\r\n"));
	check_refused(SLICE("A: 1\r\n b\r\n\r\n"));
	check_refused(SLICE(" A: 1\r\n\r\n"));
	check_refused(SLICE(": 1\r\n\r\n"));
	check_refused(SLICE("A : 1\r\n\r\n"));
	check_refused(SLICE("A\r\n\r\n"));
	check_refused(SLICE("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	check_refused(SLICE("A: \0\r\n\r\n"));
	check_refused(SLICE("A: 1\r\n\r\nB: 2\r\n\r\n"));
}
END_TEST

static const struct refusal *copy_many(unsigned n, struct buf *b)
{
	char text[TRAILER_FIELDS * 8];
	struct buf in;

	buf_init(&in, text, sizeof(text));
	while (n-- > 0)
		BUF_LIT(&in, "a:\r\n");
	BUF_LIT(&in, "\r\n");
	return trailer_copy(text, buf_length(&in), NULL, NULL, b);
}

START_TEST(fields_are_counted)
{
	char room[TRAILER_FIELDS * 8];
	struct buf b;

	buf_init(&b, room, sizeof(room));
	ck_assert_ptr_null(copy_many(TRAILER_FIELDS, &b));
	ck_assert_uint_eq(buf_length(&b), TRAILER_FIELDS * 5);
	ck_assert_ptr_nonnull(copy_many(TRAILER_FIELDS + 1, &b));
	ck_assert_uint_eq(buf_length(&b), TRAILER_FIELDS * 5);
}
END_TEST

START_TEST(what_does_not_fit_is_said)
{
	char room[8];
	struct buf b;

	buf_init(&b, room, sizeof(room));
	ck_assert_ptr_null(trailer_copy("Abc: 123\r\n\r\n", 12, NULL, NULL,
	    &b));
	ck_assert(b.full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trailer");
	TCase *tc = tcase_create("trailer");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, the_end_is_an_empty_line);
	tcase_add_test(tc, bytes_that_no_field_has_are_bad_at_once);
	tcase_add_test(tc, the_section_is_bounded);
	tcase_add_test(tc, unknown_fields_go_on);
	tcase_add_test(tc, fields_that_steer_a_message_stay_behind);
	tcase_add_test(tc, malformed_lines_are_refused);
	tcase_add_test(tc, fields_are_counted);
	tcase_add_test(tc, what_does_not_fit_is_said);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
