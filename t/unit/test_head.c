/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads: their end, start lines, field lines, hop-by-hop fields. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/head.h"

#define ROOM 8

static struct field fields[ROOM];
static struct head head;

static const struct refusal *request(struct slice text)
{
	static const struct head_limits limits = {6, 40};

	head_init(&head, fields, ROOM);
	return head_parse_request(&head, text.p, text.n, &limits);
}

static const struct refusal *response(struct slice text)
{
	static const struct head_limits limits = {6, 0};

	head_init(&head, fields, ROOM);
	return head_parse_response(&head, text.p, text.n, &limits);
}

static void check_slice(struct slice s, const char *text)
{
	ck_assert_uint_eq(s.n, strlen(text));
	ck_assert(slice_eq(s, slice_str(text)));
}

static enum head_scan scan_by(size_t stride, struct slice text, size_t *length)
{
	struct head_scan_state st = {0};
	enum head_scan result = HEAD_MORE;
	size_t n = 0;

	while (n < text.n && result == HEAD_MORE) {
		n += stride < text.n - n ? stride : text.n - n;
		result = head_scan(text.p, n, &st, length);
	}
	return result;
}

static void check_scan(struct slice text, enum head_scan wanted, size_t length)
{
	size_t stride, found;

	for (stride = 1; stride <= text.n; stride++) {
		found = 0;
		ck_assert_int_eq(scan_by(stride, text, &found), wanted);
		ck_assert_uint_eq(found, length);
	}
}

START_TEST(the_end_is_found_however_the_bytes_arrive)
{
	check_scan(SLICE("GET / HTTP/1.1\r\nA: b\tc\r\n\r\nbody"), HEAD_WHOLE,
	    26);
	check_scan(SLICE("GET / HTTP/1.0\r\n\r\n"), HEAD_WHOLE, 18);
	check_scan(SLICE("\r\nGET / HTTP/1.0\r\n\r\n"), HEAD_WHOLE, 20);
	check_scan(SLICE("GET / HTTP/1.0\r\n\r"), HEAD_MORE, 0);
	check_scan(SLICE("\r\n"), HEAD_MORE, 0);
}
END_TEST

START_TEST(lone_control_bytes_end_the_search)
{
	size_t length;

	check_scan(SLICE("GET / HTTP/1.1\n"), HEAD_BAD, 0);
	check_scan(SLICE("GET / HTTP/1.1\r\nA: b\rc"), HEAD_BAD, 0);
	check_scan(SLICE("GET /\0"), HEAD_BAD, 0);
	check_scan(SLICE("GET /\x7f"), HEAD_BAD, 0);
	check_scan(SLICE("\x16\x03\x01"), HEAD_BAD, 0);
	/* The second empty line may come with or after the first. */
	ck_assert_int_eq(scan_by(4, SLICE("\r\n\r\n"), &length), HEAD_BAD);
	ck_assert_int_eq(scan_by(1, SLICE("\r\n\r\n"), &length), HEAD_BAD);
}
END_TEST

START_TEST(a_request_is_taken_apart)
{
	struct slice text = SLICE("\r\nPOST /a?b HTTP/1.1\r\nHost: h\r\n"
	    "X-Y:\t z \t\r\nEmpty:\r\n\r\nbody");

	ck_assert_ptr_null(request(text));
	ck_assert_uint_eq(head.length, text.n - 4);
	ck_assert_int_eq(head.method_id, METHOD_POST);
	check_slice(head.method, "POST");
	check_slice(head.target, "/a?b");
	ck_assert_uint_eq(head.minor, 1);
	ck_assert_uint_eq(head.nfields, 3);
	check_slice(head.fields[1].name, "X-Y");
	check_slice(head.fields[1].value, "z");
	check_slice(head.fields[2].value, "");
	check_slice(head_value(&head, FIELD_HOST), "h");
	ck_assert_ptr_null(head_value(&head, FIELD_DATE).p);
	ck_assert_ptr_eq(head_find_name(&head, SLICE("x-y")), &fields[1]);
	ck_assert_ptr_null(head_find_name(&head, SLICE("x-z")));
}
END_TEST

START_TEST(repeated_fields_are_all_found)
{
	struct field *f;

	ck_assert_ptr_null(request(SLICE("X / HTTP/1.0\r\nVia: a\r\nB: c\r\n"
	    "via: d\r\n\r\n")));
	ck_assert(head_has_many(&head, FIELD_VIA));
	ck_assert(!head_has_many(&head, FIELD_OTHER));
	f = head_find(&head, FIELD_VIA);
	check_slice(f->value, "a");
	f = head_find_next(&head, f);
	check_slice(f->value, "d");
	ck_assert_ptr_null(head_find_next(&head, f));
}
END_TEST

static void check_refusal(const struct refusal *r, enum refusal_id id)
{
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->why, refusal_of(id)->why);
}

START_TEST(start_lines_are_strict)
{
	static const struct {
		struct slice line;
		enum refusal_id id;
	} bad[] = {
		{SLICE(" GET / HTTP/1.1\r\n\r\n"), REFUSAL_METHOD},
		{SLICE("G(T / HTTP/1.1\r\n\r\n"), REFUSAL_METHOD},
		{SLICE("GET  / HTTP/1.1\r\n\r\n"), REFUSAL_REQUEST_LINE},
		{SLICE("GET\t/ HTTP/1.1\r\n\r\n"), REFUSAL_METHOD},
		{SLICE("GET /\r\n\r\n"), REFUSAL_REQUEST_LINE},
		{SLICE("GET /\xc3\xa4 HTTP/1.1\r\n\r\n"),
		    REFUSAL_TARGET_BYTES},
		{SLICE("GET /#a HTTP/1.1\r\n\r\n"), REFUSAL_TARGET_BYTES},
		{SLICE("GET / HTTP/1.1 \r\n\r\n"), REFUSAL_REQUEST_LINE},
		{SLICE("GET / a HTTP/1.1\r\n\r\n"), REFUSAL_VERSION_FORM},
		{SLICE("GET / http/1.1\r\n\r\n"), REFUSAL_VERSION_FORM},
		{SLICE("GET / HTTP/1.10\r\n\r\n"), REFUSAL_REQUEST_LINE},
		{SLICE("GET / HTTP/1.2\r\n\r\n"), REFUSAL_VERSION},
		{SLICE("PRI * HTTP/2.0\r\n\r\n"), REFUSAL_VERSION},
		{SLICE("GET /89012345678901234567890123456789012345678901"
		    " HTTP/1.1\r\n\r\n"), REFUSAL_TARGET_LONG},
		{SLICE("GET / HTTP/1.1\n\n"), REFUSAL_REQUEST_LINE},
		{SLICE("GET / HTTP/1.1\r\n"), REFUSAL_HEAD_SHORT},
		{SLICE(""), REFUSAL_METHOD},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_refusal(request(bad[i].line), bad[i].id);
	ck_assert_uint_eq(request(bad[12].line)->status, 505);
}
END_TEST

#define LINE "GET / HTTP/1.1\r\n"

START_TEST(field_lines_are_strict)
{
	check_refusal(request(SLICE(LINE "A : b\r\n\r\n")),
	    REFUSAL_FIELD_NAME);
	check_refusal(request(SLICE(LINE ": b\r\n\r\n")), REFUSAL_FIELD_NAME);
	check_refusal(request(SLICE(LINE "A\r\n\r\n")), REFUSAL_FIELD_NAME);
	check_refusal(request(SLICE(LINE "A: b\r\n c\r\n\r\n")),
	    REFUSAL_FIELD_FOLD);
	check_refusal(request(SLICE(LINE " A: b\r\n\r\n")),
	    REFUSAL_FIELD_FOLD);
	check_refusal(request(SLICE(LINE "A: b\0c\r\n\r\n")),
	    REFUSAL_FIELD_VALUE);
	check_refusal(request(SLICE(LINE "A: b\rc\r\n\r\n")),
	    REFUSAL_FIELD_VALUE);
	check_refusal(request(SLICE(LINE "A: b\nc\r\n\r\n")),
	    REFUSAL_FIELD_VALUE);
	check_refusal(request(SLICE(LINE "A: b\x7f\r\n\r\n")),
	    REFUSAL_FIELD_VALUE);
	check_refusal(request(SLICE(LINE "\xe4: b\r\n\r\n")),
	    REFUSAL_FIELD_NAME);
	ck_assert_ptr_null(request(SLICE(LINE "A: \xe4\r\n\r\n")));
}
END_TEST

START_TEST(fields_are_counted)
{
	ck_assert_ptr_null(request(SLICE(LINE
	    "A:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n")));
	check_refusal(request(SLICE(LINE
	    "A:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n")),
	    REFUSAL_FIELDS);
}
END_TEST

START_TEST(underscores_are_marked)
{
	ck_assert_ptr_null(request(SLICE(LINE "A_b: 1\r\nA-b: 2\r\n\r\n")));
	ck_assert_uint_eq(fields[0].flags, FIELD_UNDERSCORE);
	ck_assert_uint_eq(fields[1].flags, 0);
}
END_TEST

START_TEST(a_response_is_taken_apart)
{
	ck_assert_ptr_null(response(SLICE("HTTP/1.1 404 Not \xe4\r\n\r\n")));
	ck_assert_uint_eq(head.status, 404);
	check_slice(head.reason, "Not \xe4");
	ck_assert_ptr_null(response(SLICE("HTTP/1.0 200 \r\n\r\n")));
	ck_assert_uint_eq(head.reason.n, 0);
	ck_assert_uint_eq(head.minor, 0);
	ck_assert_ptr_null(response(SLICE("HTTP/1.1 200\r\n\r\n")));
}
END_TEST

START_TEST(bad_responses_are_502)
{
	static const struct slice bad[] = {
		SLICE("HTTP/1.1 099 x\r\n\r\n"), SLICE("HTTP/1.1 600\r\n\r\n"),
		SLICE("HTTP/1.1 20\r\n\r\n"), SLICE("HTTP/1.1 2000\r\n\r\n"),
		SLICE("HTTP/1.1  200\r\n\r\n"), SLICE("HTTP/2.0 200\r\n\r\n"),
		SLICE("\r\nHTTP/1.1 200\r\n\r\n"), SLICE("ICY 200 OK\r\n\r\n"),
		SLICE("HTTP/1.1 200 a\nb\r\n\r\n"), SLICE("HTTP/1.1 200"),
		SLICE("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"), SLICE("HTTP/1.1 "),
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_ptr_nonnull(response(bad[i]));
		ck_assert_uint_eq(response(bad[i])->status, 502);
	}
}
END_TEST

static bool kept(struct slice text)
{
	ck_assert_ptr_null(request(text));
	return head_keepalive(&head);
}

START_TEST(connections_are_kept_or_not)
{
	ck_assert(kept(SLICE("GET / HTTP/1.1\r\n\r\n")));
	ck_assert(!kept(SLICE("GET / HTTP/1.0\r\n\r\n")));
	ck_assert(kept(SLICE("GET / HTTP/1.0\r\nConnection: a, "
	    "Keep-Alive\r\n\r\n")));
	ck_assert(!kept(SLICE("GET / HTTP/1.1\r\nConnection: x\r\n"
	    "Connection: Close\r\n\r\n")));
	ck_assert(!kept(SLICE("GET / HTTP/1.0\r\nConnection: keep-alive, "
	    "close\r\n\r\n")));
}
END_TEST

START_TEST(hop_by_hop_fields_are_dropped)
{
	unsigned i;
	static const bool dropped[] = {true, true, false, true, false, true};

	ck_assert_ptr_null(request(SLICE(LINE "Connection: x-one, Host, cookie"
	    "\r\nX-One: 1\r\nHost: h\r\nTE: gzip\r\nCookie: c\r\n"
	    "x-one: 2\r\n\r\n")));
	ck_assert_ptr_null(head_mark_hop_by_hop(&head));
	for (i = 0; i < head.nfields; i++)
		ck_assert((fields[i].flags & FIELD_DROP) == dropped[i]);
}
END_TEST

START_TEST(connection_is_a_bounded_list_of_tokens)
{
	ck_assert_ptr_null(request(SLICE(LINE "Connection: a b\r\n\r\n")));
	check_refusal(head_mark_hop_by_hop(&head), REFUSAL_CONNECTION);
	ck_assert_ptr_null(request(SLICE(LINE "Connection: a,a,a,a,a,a,a,a,a,"
	    "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\r\n\r\n")));
	check_refusal(head_mark_hop_by_hop(&head), REFUSAL_CONNECTION_LONG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("head");
	TCase *tc = tcase_create("head");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, the_end_is_found_however_the_bytes_arrive);
	tcase_add_test(tc, lone_control_bytes_end_the_search);
	tcase_add_test(tc, a_request_is_taken_apart);
	tcase_add_test(tc, repeated_fields_are_all_found);
	tcase_add_test(tc, start_lines_are_strict);
	tcase_add_test(tc, field_lines_are_strict);
	tcase_add_test(tc, fields_are_counted);
	tcase_add_test(tc, underscores_are_marked);
	tcase_add_test(tc, a_response_is_taken_apart);
	tcase_add_test(tc, bad_responses_are_502);
	tcase_add_test(tc, connections_are_kept_or_not);
	tcase_add_test(tc, hop_by_hop_fields_are_dropped);
	tcase_add_test(tc, connection_is_a_bounded_list_of_tokens);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
