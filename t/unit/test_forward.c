/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking and writing the fields of RFC 7239 and its forerunners. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/forward.h"

static void check_address(const struct addr *a, const char *text)
{
	char ip[ADDR_TEXT];

	ck_assert_uint_eq(addr_format_ip(a, ip), strlen(text));
	ck_assert_mem_eq(ip, text, strlen(text));
}

START_TEST(addresses_come_from_the_right)
{
	struct slice rest = SLICE("x, 1.2.3.4 ,[2001:db8::1]:99,"
	    "2001:db8::2, 5.6.7.8:99");
	struct addr a;

	ck_assert(forward_prev_address(&rest, &a));
	check_address(&a, "5.6.7.8");
	ck_assert(forward_prev_address(&rest, &a));
	check_address(&a, "2001:db8::2");
	ck_assert(forward_prev_address(&rest, &a));
	check_address(&a, "2001:db8::1");
	ck_assert(forward_prev_address(&rest, &a));
	check_address(&a, "1.2.3.4");
	ck_assert(!forward_prev_address(&rest, &a));
}
END_TEST

START_TEST(what_is_no_address_ends_the_walk)
{
	static const struct slice bad[] = {
		{NULL, 0}, SLICE(""), SLICE(","), SLICE("1.2.3.4,"),
		SLICE("unknown"), SLICE("[::1"), SLICE("[::1]x"),
		SLICE("1.2.3.4 5.6.7.8"), SLICE("::1]"), SLICE(":80"),
	};
	struct slice rest;
	struct addr a;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rest = bad[i];
		ck_assert(!forward_prev_address(&rest, &a));
	}
}
END_TEST

START_TEST(forwarded_is_walked_too)
{
	struct slice rest = SLICE("for=_secret, for=\"[2001:db8::1]:9\";"
	    "proto=http, proto=https; For = 1.2.3.4 ");
	struct addr a;

	ck_assert(forward_prev_for(&rest, &a));
	check_address(&a, "1.2.3.4");
	ck_assert(forward_prev_for(&rest, &a));
	check_address(&a, "2001:db8::1");
	ck_assert(!forward_prev_for(&rest, &a));
	rest = SLICE("for=\"1.2.3.4, for=\"");
	ck_assert(!forward_prev_for(&rest, &a));
	rest = SLICE("proto=http");
	ck_assert(!forward_prev_for(&rest, &a));
}
END_TEST

static void check_element(const char *ip, struct slice proto,
    struct slice host, const char *wanted)
{
	size_t length = strlen(wanted), n, room;
	struct addr a = {0};
	char to[200];

	if (ip)
		ck_assert(addr_parse_ip(slice_str(ip), &a));
	memcpy(to, "ab", 2);
	for (room = 2; room <= length + 3; room++) {
		n = forward_put_element(to, 2, room, &a, proto, host);
		ck_assert_uint_eq(n, room < length + 2 ? 2 : length + 2);
	}
	ck_assert_mem_eq(to + 2, wanted, length);
}

START_TEST(elements_are_quoted_where_they_must)
{
	check_element("1.2.3.4", SLICE("https"), SLICE("shop.example"),
	    "for=1.2.3.4;proto=https;host=shop.example");
	check_element("2001:db8::1", SLICE("http"), SLICE("h:8080"),
	    "for=\"[2001:db8::1]\";proto=http;host=\"h:8080\"");
	check_element(NULL, SLICE(""), SLICE(""), "for=unknown");
	check_element("1.2.3.4", SLICE(""), SLICE("a\"b\\"),
	    "for=1.2.3.4;host=\"a\\\"b\\\\\"");
}
END_TEST

START_TEST(control_bytes_are_not_written)
{
	struct addr a = {0};
	char to[200];

	ck_assert_uint_eq(forward_put_element(to, 3, sizeof(to), &a,
	    SLICE("http"), SLICE("a\r\nb")), 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forward");
	TCase *tc = tcase_create("forward");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, addresses_come_from_the_right);
	tcase_add_test(tc, what_is_no_address_ends_the_walk);
	tcase_add_test(tc, forwarded_is_walked_too);
	tcase_add_test(tc, elements_are_quoted_where_they_must);
	tcase_add_test(tc, control_bytes_are_not_written);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
