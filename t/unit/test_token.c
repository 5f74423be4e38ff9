/* SPDX-License-Identifier: BSD-2-Clause */
/* Character classes, methods, reasons of status codes, refusals. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/method.h"
#include "http/refusal.h"
#include "http/status.h"
#include "http/token.h"

static bool is_alnum(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static bool is_one_of(int c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

static unsigned class_by_grammar(int c)
{
	unsigned bits = 0;

	if (is_alnum(c) || is_one_of(c, "!#$%&'*+-.^_`|~"))
		bits |= TOKEN_TCHAR;
	if (c == '_')
		bits |= TOKEN_UNDERSCORE;
	if (c == '\t' || (c >= ' ' && c != 0x7f))
		bits |= TOKEN_VALUE;
	if (c > ' ' && c < 0x7f && c != '#')
		bits |= TOKEN_TARGET;
	if (is_alnum(c) || is_one_of(c, ".-_~"))
		bits |= TOKEN_HOST;
	if (is_one_of(c, "0123456789abcdefABCDEF"))
		bits |= TOKEN_HEX;
	if (c >= '0' && c <= '9')
		bits |= TOKEN_DIGIT;
	return bits;
}

START_TEST(the_table_is_the_grammar)
{
	int c;

	for (c = 0; c < 256; c++)
		ck_assert_uint_eq(token_class[c], class_by_grammar(c));
}
END_TEST

START_TEST(hex_digits_have_values)
{
	ck_assert_uint_eq(token_hex('0'), 0);
	ck_assert_uint_eq(token_hex('9'), 9);
	ck_assert_uint_eq(token_hex('a'), 10);
	ck_assert_uint_eq(token_hex('F'), 15);
}
END_TEST

START_TEST(a_token_has_a_byte)
{
	ck_assert(token_is(SLICE("chunked")));
	ck_assert(!token_is(SLICE("")));
	ck_assert(!token_is(SLICE("a b")));
	ck_assert(!token_is(SLICE("a\0b")));
}
END_TEST

/* Every byte at every place of words of eight, and of what is left. */
START_TEST(skipping_stops_at_the_first_control_byte)
{
	char text[27];
	size_t n, at;
	int c;

	for (n = 0; n < sizeof(text); n++)
		for (at = 0; at < n; at++)
			for (c = 0; c < 256; c++) {
				memset(text, 0x80 + (int)at, sizeof(text));
				text[at] = (char)c;
				text[n] = '\0';
				ck_assert_ptr_eq(
				    token_skip_value(text, text + n), text +
				    (token_class[c] & TOKEN_VALUE ? n : at));
			}
}
END_TEST

START_TEST(methods_are_found_by_exact_name)
{
	unsigned m;

	for (m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
		ck_assert_uint_eq(method_find(method_name(m)), m);
	ck_assert_uint_eq(method_find(SLICE("get")), METHOD_OTHER);
	ck_assert_uint_eq(method_find(SLICE("GETS")), METHOD_OTHER);
	ck_assert_uint_eq(method_find(SLICE("")), METHOD_OTHER);
}
END_TEST

START_TEST(methods_are_safe_or_not)
{
	ck_assert(method_is_safe(METHOD_GET));
	ck_assert(method_is_safe(METHOD_HEAD));
	ck_assert(!method_is_safe(METHOD_PUT));
	ck_assert(method_is_idempotent(METHOD_PUT));
	ck_assert(method_is_idempotent(METHOD_DELETE));
	ck_assert(!method_is_idempotent(METHOD_POST));
	ck_assert(!method_is_idempotent(METHOD_PATCH));
	ck_assert(!method_is_idempotent(METHOD_OTHER));
	ck_assert(!method_is_safe(METHOD_OTHER));
}
END_TEST

START_TEST(status_codes_have_reasons)
{
	ck_assert_str_eq(status_reason(200), "OK");
	ck_assert_str_eq(status_reason(431),
	    "Request Header Fields Too Large");
	ck_assert_str_eq(status_reason(299), "");
	ck_assert_str_eq(status_reason(99), "");
	ck_assert_str_eq(status_reason(600), "");
}
END_TEST

START_TEST(a_refused_response_is_a_502)
{
	const struct refusal *r = refusal_of(REFUSAL_FIELDS);

	ck_assert_uint_eq(r->status, 431);
	ck_assert_uint_eq(refusal_from_backend(r)->status, 502);
	ck_assert_str_eq(refusal_from_backend(r)->why, r->why);
	ck_assert_ptr_eq(refusal_from_backend(refusal_from_backend(r)),
	    refusal_from_backend(r));
	ck_assert_ptr_null(refusal_from_backend(NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token");
	TCase *tc = tcase_create("token");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, the_table_is_the_grammar);
	tcase_add_test(tc, hex_digits_have_values);
	tcase_add_test(tc, a_token_has_a_byte);
	tcase_add_test(tc, skipping_stops_at_the_first_control_byte);
	tcase_add_test(tc, methods_are_found_by_exact_name);
	tcase_add_test(tc, methods_are_safe_or_not);
	tcase_add_test(tc, status_codes_have_reasons);
	tcase_add_test(tc, a_refused_response_is_a_502);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
