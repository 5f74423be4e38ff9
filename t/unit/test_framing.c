/* SPDX-License-Identifier: BSD-2-Clause */
/* Where bodies end, and the ambiguities that are refused. */
/* links: http base */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/framing.h"

#define HTTP11 "POST / HTTP/1.1\r\n"
#define HTTP10 "POST / HTTP/1.0\r\n"

static struct field fields[8];
static struct head head;
static const struct head_limits limits = {8, 100};

static const struct refusal *request(struct slice text, struct framing *f)
{
	head_init(&head, fields, 8);
	ck_assert_ptr_null(
	    head_parse_request(&head, text.p, text.n, &limits));
	return framing_request(&head, f);
}

static void check_body(struct slice text, enum framing_kind kind,
    uint64_t length)
{
	struct framing f;

	ck_assert_ptr_null(request(text, &f));
	ck_assert_int_eq(f.kind, kind);
	ck_assert_uint_eq(f.length, length);
}

static void check_refused(struct slice text, enum refusal_id id)
{
	struct framing f;

	ck_assert_ptr_eq(request(text, &f), refusal_of(id));
}

START_TEST(fields_say_where_a_request_ends)
{
	check_body(SLICE(HTTP11 "\r\n"), BODY_NONE, 0);
	check_body(SLICE(HTTP11 "Content-Length: 0\r\n\r\n"), BODY_LENGTH, 0);
	check_body(SLICE(HTTP10 "Content-Length: 9223372036854775807\r\n\r\n"),
	    BODY_LENGTH, INT64_MAX);
	check_body(SLICE(HTTP11 "Transfer-Encoding: Chunked\r\n\r\n"),
	    BODY_CHUNKED, 0);
}
END_TEST

START_TEST(a_length_is_digits_and_once)
{
	static const struct slice bad[] = {
		SLICE("+5"), SLICE("-5"), SLICE("0x5"), SLICE("5 5"),
		SLICE(""), SLICE("5,5"), SLICE("5, 5"), SLICE("5;"),
		SLICE("9223372036854775808"), SLICE("18446744073709551621"),
	};
	char text[100];
	size_t i;
	int n;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = snprintf(text, sizeof(text),
		    HTTP11 "Content-Length: %s\r\n\r\n", bad[i].p);
		check_refused(slice_make(text, (size_t)n), REFUSAL_LENGTH);
	}
	check_refused(SLICE(HTTP11 "Content-Length: 5\r\n"
	    "Content-Length: 5\r\n\r\n"), REFUSAL_LENGTH_TWICE);
}
END_TEST

START_TEST(the_only_coding_is_chunked)
{
	static const struct {
		const char *value;
		enum refusal_id id;
	} bad[] = {
		{"gzip", REFUSAL_CODING_UNKNOWN},
		{"gzip, chunked", REFUSAL_CODING_UNKNOWN},
		{"xchunked", REFUSAL_CODING_UNKNOWN},
		{"chunked;a=b", REFUSAL_CODING_UNKNOWN},
		{"\"chunked\"", REFUSAL_CODING_UNKNOWN},
		{"identity", REFUSAL_CODING_UNKNOWN},
		{"chunked, gzip", REFUSAL_CODING_NOT_LAST},
		{"chunked, chunked", REFUSAL_CODING_TWICE},
		{"chunked\r\nTransfer-Encoding: chunked",
		    REFUSAL_CODING_TWICE},
		{"chunked\r\nTransfer-Encoding: x", REFUSAL_CODING_NOT_LAST},
		{"x\r\nTransfer-Encoding: chunked", REFUSAL_CODING_UNKNOWN},
		{", chunked", REFUSAL_CODING},
		{"chunked,", REFUSAL_CODING},
		{"", REFUSAL_CODING},
	};
	char text[200];
	size_t i;
	int n;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = snprintf(text, sizeof(text),
		    HTTP11 "Transfer-Encoding: %s\r\n\r\n", bad[i].value);
		check_refused(slice_make(text, (size_t)n), bad[i].id);
	}
}
END_TEST

START_TEST(length_and_coding_exclude_each_other)
{
	check_refused(SLICE(HTTP11 "Content-Length: 5\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), REFUSAL_LENGTH_AND_CODING);
	check_refused(SLICE(HTTP11 "Transfer-Encoding: gzip\r\n"
	    "Content-Length: x\r\n\r\n"), REFUSAL_LENGTH_AND_CODING);
	check_refused(SLICE(HTTP10 "Transfer-Encoding: chunked\r\n\r\n"),
	    REFUSAL_CODING_OLD);
}
END_TEST

static const struct refusal *response(const char *status, const char *lines,
    enum method m, struct framing *f)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n%s\r\n", status,
	    lines);

	head_init(&head, fields, 8);
	ck_assert_ptr_null(
	    head_parse_response(&head, text, (size_t)n, &limits));
	return framing_response(&head, m, f);
}

START_TEST(fields_say_where_a_response_ends)
{
	static const struct {
		const char *status, *lines;
		enum method m;
		enum framing_kind kind;
		uint64_t length;
	} good[] = {
		{"200", "", METHOD_GET, BODY_UNTIL_CLOSE, 0},
		{"200", "Content-Length: 7\r\n", METHOD_GET, BODY_LENGTH, 7},
		{"200", "Transfer-Encoding: chunked\r\n", METHOD_GET,
		    BODY_CHUNKED, 0},
		{"200", "Content-Length: 7\r\n", METHOD_HEAD, BODY_NONE, 0},
		{"200", "Transfer-Encoding: chunked\r\n", METHOD_HEAD,
		    BODY_NONE, 0},
		{"204", "Content-Length: 7\r\n", METHOD_GET, BODY_NONE, 0},
		{"304", "Content-Length: 7\r\n", METHOD_GET, BODY_NONE, 0},
		{"103", "", METHOD_GET, BODY_NONE, 0},
		{"101", "", METHOD_GET, BODY_NONE, 0},
		{"205", "", METHOD_GET, BODY_LENGTH, 0},
		{"200", "", METHOD_CONNECT, BODY_NONE, 0},
		{"403", "", METHOD_CONNECT, BODY_UNTIL_CLOSE, 0},
	};
	struct framing f;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_ptr_null(response(good[i].status, good[i].lines,
		    good[i].m, &f));
		ck_assert_int_eq(f.kind, good[i].kind);
		ck_assert_uint_eq(f.length, good[i].length);
	}
}
END_TEST

START_TEST(ambiguous_responses_are_502)
{
	struct framing f;

	ck_assert_uint_eq(response("200", "Content-Length: 7\r\n"
	    "Transfer-Encoding: chunked\r\n", METHOD_GET, &f)->status, 502);
	ck_assert_uint_eq(response("200", "Transfer-Encoding: gzip\r\n",
	    METHOD_GET, &f)->status, 502);
	ck_assert_uint_eq(response("304", "Content-Length: 7x\r\n",
	    METHOD_GET, &f)->status, 502);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("framing");
	TCase *tc = tcase_create("framing");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, fields_say_where_a_request_ends);
	tcase_add_test(tc, a_length_is_digits_and_once);
	tcase_add_test(tc, the_only_coding_is_chunked);
	tcase_add_test(tc, length_and_coding_exclude_each_other);
	tcase_add_test(tc, fields_say_where_a_response_ends);
	tcase_add_test(tc, ambiguous_responses_are_502);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
