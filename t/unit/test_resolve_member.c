/* SPDX-License-Identifier: BSD-2-Clause */
/* Members: addresses are dealt out so that nobody moves who need not. */
/* links: steward shm net http conf base */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "steward/member.h"

#define MOST 8

static struct found found[FOUND_MOST];
static unsigned n;
static struct addr before[MOST];
static bool busy[MOST];
static int to[MOST];

static struct addr at(const char *text)
{
	struct addr a = {.len = 0};

	if (text)
		ck_assert_ptr_null(addr_parse(slice_str(text), 80, &a));
	return a;
}

static void setup(void)
{
	n = 0;
	memset(before, 0, sizeof before);
	memset(busy, 0, sizeof busy);
}

static void find(const char *text, unsigned priority)
{
	found[n].at = at(text);
	found[n].priority = (uint16_t)priority;
	found[n++].weight = 1;
}

/* The addresses in the order of the members, "-" for none. */
static const char *deal(unsigned members, unsigned left)
{
	static char text[MOST * ADDR_TEXT];
	char one[ADDR_TEXT];

	ck_assert_uint_eq(member_deal(found, n, before, busy, members, to),
	    left);
	text[0] = '\0';
	for (unsigned i = 0; i < members; i++) {
		if (to[i] >= 0)
			addr_format_ip(&found[to[i]].at, one);
		strcat(text, to[i] < 0 ? "-" : one);
		strcat(text, i + 1 < members ? " " : "");
	}
	return text;
}

START_TEST(who_has_an_address_keeps_it)
{
	before[2] = at("10.0.0.3");
	before[0] = at("10.0.0.9");
	find("10.0.0.1", 0);
	find("10.0.0.3", 0);
	ck_assert_str_eq(deal(3, 0), "10.0.0.1 - 10.0.0.3");
}
END_TEST

START_TEST(those_in_use_come_before_others)
{
	before[1] = at("10.0.0.9");
	find("10.0.0.1", 0);
	find("10.0.0.2", 0);
	find("10.0.0.9", 0);
	ck_assert_str_eq(deal(2, 1), "10.0.0.1 10.0.0.9");
}
END_TEST

START_TEST(members_that_are_busy_are_taken_last)
{
	busy[0] = busy[1] = true;
	find("10.0.0.1", 0);
	find("10.0.0.2", 0);
	ck_assert_str_eq(deal(3, 0), "10.0.0.2 - 10.0.0.1");
}
END_TEST

START_TEST(two_members_never_share_an_address)
{
	before[0] = before[1] = at("10.0.0.1");
	find("10.0.0.1", 0);
	ck_assert_str_eq(deal(2, 0), "10.0.0.1 -");
}
END_TEST

START_TEST(nothing_found_is_nowhere)
{
	before[0] = at("10.0.0.1");
	ck_assert_str_eq(deal(2, 0), "- -");
}
END_TEST

START_TEST(another_port_is_another_address)
{
	before[0] = at("10.0.0.1:81");
	find("10.0.0.1", 0);
	ck_assert_str_eq(deal(2, 0), "10.0.0.1 -");
	ck_assert_int_eq(to[0], 0);
}
END_TEST

START_TEST(answers_are_sorted_and_each_stands_once)
{
	static const char *const expected[] = {"10.0.0.2:80", "10.0.0.2:81",
		"10.0.0.10:80", "[::1]:80", "10.0.0.1:80"};
	char text[ADDR_TEXT];

	find("10.0.0.1", 7);
	find("10.0.0.2", 9);
	find("[::1]", 0);
	find("10.0.0.10", 0);
	find("10.0.0.2:81", 0);
	find("10.0.0.2", 0);
	find("10.0.0.10", 0);
	ck_assert_uint_eq(member_sort(found, n), 5);
	for (unsigned i = 0; i < 5; i++) {
		addr_format(&found[i].at, text);
		ck_assert_str_eq(text, expected[i]);
	}
}
END_TEST

START_TEST(what_no_server_can_have_is_no_address)
{
	static const char *const bad[] = {"0.0.0.0", "0.1.2.3", "224.0.0.1",
		"239.255.255.250", "255.255.255.255", "[::]", "[ff02::1]",
		"[fe80::1]"};
	static const char *const good[] = {"1.0.0.0", "127.0.0.1",
		"223.255.255.255", "169.254.1.1", "[::1]", "[2001:db8::1]",
		"[fd00::1]"};

	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct addr a = at(bad[i]);
		ck_assert_msg(!member_may_be(&a), "%s", bad[i]);
	}
	for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
		struct addr a = at(good[i]);
		ck_assert_msg(member_may_be(&a), "%s", good[i]);
	}
}
END_TEST

START_TEST(mapped_addresses_are_ipv4)
{
	struct addr a = {.len = sizeof a.in6}, four = at("1.2.3.4:80");

	a.in6.sin6_family = AF_INET6;
	a.in6.sin6_port = htons(80);
	inet_pton(AF_INET6, "::ffff:1.2.3.4", &a.in6.sin6_addr);
	ck_assert(member_may_be(&a));
	ck_assert(addr_eq(&a, &four));
	a = (struct addr){.len = sizeof a.in6};
	a.in6.sin6_family = AF_INET6;
	inet_pton(AF_INET6, "::ffff:0.0.0.0", &a.in6.sin6_addr);
	ck_assert(!member_may_be(&a));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("resolve_member");
	TCase *t = tcase_create("member");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, who_has_an_address_keeps_it);
	tcase_add_test(t, those_in_use_come_before_others);
	tcase_add_test(t, members_that_are_busy_are_taken_last);
	tcase_add_test(t, two_members_never_share_an_address);
	tcase_add_test(t, nothing_found_is_nowhere);
	tcase_add_test(t, another_port_is_another_address);
	tcase_add_test(t, answers_are_sorted_and_each_stands_once);
	tcase_add_test(t, what_no_server_can_have_is_no_address);
	tcase_add_test(t, mapped_addresses_are_ipv4);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
