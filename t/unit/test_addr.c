/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and networks, from and to text. */
/* links: base */
#include "base/addr.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

struct spelling {
	const char *text;
	const char *shown; /* NULL: wrong */
	const char *ip;
};

static const struct spelling addresses[] = {
	{"127.0.0.1", "127.0.0.1:80", "127.0.0.1"},
	{"10.20.230.255:8080", "10.20.230.255:8080", "10.20.230.255"},
	{"[::1]", "[::1]:80", "::1"},
	{"[2001:db8::1]:443", "[2001:db8::1]:443", "2001:db8::1"},
	{"[::ffff:1.2.3.4]:5", "1.2.3.4:5", "1.2.3.4"},
	{"*", "[::]:80", "::"},
	{"*:8080", "[::]:8080", "::"},
	{"unix:/run/a.sock", "unix:/run/a.sock", "unix:"},
	{"", NULL, NULL},
	{":80", NULL, NULL},
	{"::1", NULL, NULL},
	{"[::1", NULL, NULL},
	{"[::1]x", NULL, NULL},
	{"[::1]:", NULL, NULL},
	{"[]:80", NULL, NULL},
	{"1.2.3.4:0", NULL, NULL},
	{"1.2.3.4:65536", NULL, NULL},
	{"1.2.3.4:+8", NULL, NULL},
	{"1.2.3:80", NULL, NULL},
	{"01.2.3.4.5", NULL, NULL},
	{"web:80", NULL, NULL},
	{"unix:", NULL, NULL},
	{"unix:run/a", NULL, NULL},
};

START_TEST(an_address_is_read_and_shown)
{
	const struct spelling *e = &addresses[_i];
	char text[ADDR_TEXT];
	struct addr a, again;
	const char *wrong = addr_parse(slice_str(e->text), 80, &a);

	ck_assert_msg((wrong == NULL) == (e->shown != NULL), "%s", e->text);
	if (wrong)
		return;
	ck_assert_uint_eq(addr_format(&a, text), strlen(e->shown));
	ck_assert_str_eq(text, e->shown);
	ck_assert_ptr_null(addr_parse(slice_str(text), 1, &again));
	ck_assert(addr_eq(&a, &again));
	ck_assert_uint_eq(addr_format_ip(&a, text), strlen(e->ip));
	ck_assert_str_eq(text, e->ip);
}
END_TEST

START_TEST(a_host_name_is_told_from_nonsense)
{
	struct addr a;

	ck_assert_ptr_nonnull(strstr(addr_parse(SLICE("web:80"), 80, &a),
	    "is a host name"));
	ck_assert_ptr_null(strstr(addr_parse(SLICE("1.2.3:80"), 80, &a),
	    "host name"));
}
END_TEST

START_TEST(a_unix_path_ends_at_107_bytes)
{
	char text[120] = "unix:/", shown[ADDR_TEXT];
	struct addr a;

	memset(text + 6, 'x', 106);
	ck_assert_ptr_null(addr_parse(slice_make(text, 112), 0, &a));
	ck_assert_uint_eq(addr_format(&a, shown), 112);
	text[112] = 'x';
	ck_assert_ptr_nonnull(addr_parse(slice_make(text, 113), 0, &a));
}
END_TEST

START_TEST(a_peer_without_a_name_is_shown)
{
	char text[ADDR_TEXT];
	struct addr a = {.len = sizeof(sa_family_t)};

	a.sa.sa_family = AF_UNIX;
	ck_assert_uint_eq(addr_format(&a, text), 5);
	ck_assert_str_eq(text, "unix:");
	a.len = 0;
	addr_format(&a, text);
	ck_assert_str_eq(text, "unix:");
}
END_TEST

START_TEST(addresses_differ_by_family_ip_and_port)
{
	static const char *const texts[] = {"1.2.3.4:1", "1.2.3.4:2",
		"1.2.3.5:1", "[::1]:1", "[::2]:1", "[::1]:2", "unix:/a",
		"unix:/ab"};
	struct addr a, b;

	for (size_t i = 0; i < 8; i++)
		for (size_t j = 0; j < 8; j++) {
			addr_parse(slice_str(texts[i]), 1, &a);
			addr_parse(slice_str(texts[j]), 1, &b);
			ck_assert(addr_eq(&a, &b) == (i == j));
		}
}
END_TEST

struct membership {
	const char *network, *ip;
	bool has;
};

static const struct membership members[] = {
	{"10.0.0.0/8", "10.255.1.2", true},
	{"10.0.0.0/8", "11.0.0.0", false},
	{"10.0.0.0/8", "::ffff:10.1.1.1", true},
	{"192.168.4.0/22", "192.168.7.255", true},
	{"192.168.4.0/22", "192.168.8.0", false},
	{"1.2.3.4", "1.2.3.4", true},
	{"1.2.3.4", "1.2.3.5", false},
	{"0.0.0.0/0", "8.8.8.8", true},
	{"0.0.0.0/0", "::1", false},
	{"::/0", "2001:db8::1", true},
	{"::/0", "8.8.8.8", false},
	{"fe80::/10", "febf::1", true},
	{"fe80::/10", "fec0::1", false},
	{"::1", "::1", true},
	{"::ffff:10.0.0.0/104", "10.1.2.3", true},
	{"unix:", "1.2.3.4", false},
};

START_TEST(a_network_has_its_addresses)
{
	const struct membership *e = &members[_i];
	struct network net;
	struct addr a;

	ck_assert_ptr_null(network_parse(slice_str(e->network), &net));
	ck_assert(addr_parse_ip(slice_str(e->ip), &a));
	ck_assert_msg(network_has(&net, &a) == e->has, "%s %s", e->network,
	    e->ip);
}
END_TEST

START_TEST(a_mapped_peer_is_an_ipv4_peer)
{
	struct addr a = {.len = sizeof a.in6};
	struct network net;
	char text[ADDR_TEXT];

	a.in6.sin6_family = AF_INET6;
	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:10.9.8.7",
	    &a.in6.sin6_addr), 1);
	network_parse(SLICE("10.0.0.0/8"), &net);
	ck_assert(network_has(&net, &a));
	network_parse(SLICE("::/0"), &net);
	ck_assert(!network_has(&net, &a));
	addr_format_ip(&a, text);
	ck_assert_str_eq(text, "10.9.8.7");
}
END_TEST

START_TEST(only_unix_has_unix_peers)
{
	struct addr a = {.len = sizeof(sa_family_t)};
	struct network net;

	a.sa.sa_family = AF_UNIX;
	network_parse(SLICE("unix:"), &net);
	ck_assert(network_has(&net, &a));
	network_parse(SLICE("::/0"), &net);
	ck_assert(!network_has(&net, &a));
}
END_TEST

START_TEST(a_wrong_network_is_refused)
{
	static const char *const wrong[] = {"", "10.0.0.1/8", "10.0.0.0/33",
		"10.0.0.0/", "/8", "host", "::/129", "::1/64", "10.0.0.0/-1"};
	struct network net;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_msg(network_parse(slice_str(wrong[i]), &net)
		    != NULL, "%s", wrong[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addr");
	TCase *t = tcase_create("addr");

	tcase_add_loop_test(t, an_address_is_read_and_shown, 0,
	    sizeof addresses / sizeof addresses[0]);
	tcase_add_test(t, a_host_name_is_told_from_nonsense);
	tcase_add_test(t, a_unix_path_ends_at_107_bytes);
	tcase_add_test(t, a_peer_without_a_name_is_shown);
	tcase_add_test(t, addresses_differ_by_family_ip_and_port);
	tcase_add_loop_test(t, a_network_has_its_addresses, 0,
	    sizeof members / sizeof members[0]);
	tcase_add_test(t, a_mapped_peer_is_an_ipv4_peer);
	tcase_add_test(t, only_unix_has_unix_peers);
	tcase_add_test(t, a_wrong_network_is_refused);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
