/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers of the PROXY protocol, both versions. */
/* links: net base */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "net/proxyproto.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
/* 192.0.2.1 port 56789 to 198.51.100.7 port 443 */
#define FOUR "\xc0\x00\x02\x01\xc6\x33\x64\x07\xdd\xd5\x01\xbb"
/* [2001:db8::1] port 56789 to [2001:db8::2] port 443 */
#define SIX "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\xdd\xd5\x01\xbb"

#define LINE(literal) {(literal), sizeof(literal) - 1}

static void is_addr(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT] = "";

	if (a->len > 0)
		addr_format(a, text);
	ck_assert_str_eq(text, want);
}

/* However much of it has come, and whatever follows it. */
static void fine(struct slice text, bool local, const char *from,
    const char *to)
{
	struct proxyproto header;
	char bytes[4096];
	size_t length;

	for (size_t n = 0; n < text.n; n++) {
		char *cut = malloc(n ? n : 1); /* for the sanitizer */

		memcpy(cut, text.p, n);
		ck_assert_int_eq(proxyproto_read(cut, n, &header, &length),
		    PROXYPROTO_MORE);
		free(cut);
	}
	memcpy(bytes, text.p, text.n);
	memset(bytes + text.n, 'G', sizeof bytes - text.n);
	for (size_t n = text.n; n <= text.n + 200; n++) {
		ck_assert_int_eq(proxyproto_read(bytes, n, &header, &length),
		    PROXYPROTO_FINE);
		ck_assert_uint_eq(length, text.n);
		ck_assert_int_eq(header.local, local);
		is_addr(&header.from, from);
		is_addr(&header.to, to);
	}
}

/* It is bad at its end, and never anything else but not complete before. */
static void refused(struct slice text)
{
	enum proxyproto_result result = PROXYPROTO_MORE;
	struct proxyproto header;
	size_t length;

	for (size_t n = 0; n <= text.n; n++) {
		enum proxyproto_result now = proxyproto_read(text.p, n,
		    &header, &length);

		ck_assert_int_ne(now, PROXYPROTO_FINE);
		ck_assert(result == PROXYPROTO_MORE || now == result);
		result = now;
	}
	ck_assert_int_eq(result, PROXYPROTO_BAD);
}

START_TEST(lines_of_version_1)
{
	fine(SLICE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\r\n"), false,
	    "192.0.2.1:56789", "198.51.100.7:443");
	fine(SLICE("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n"), false,
	    "255.255.255.255:65535", "0.0.0.0:0");
	fine(SLICE("PROXY TCP6 2001:db8::1 2001:DB8::2 1 2\r\n"), false,
	    "[2001:db8::1]:1", "[2001:db8::2]:2");
	fine(SLICE("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"), false,
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	fine(SLICE("PROXY UNKNOWN\r\n"), true, "", "");
	fine(SLICE("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"), true,
	    "", "");
}
END_TEST

START_TEST(mapped_addresses_are_those_of_ipv4)
{
	struct proxyproto header;
	size_t length;
	struct slice text = SLICE("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6407"
	    " 56789 443\r\n");

	fine(text, false, "192.0.2.1:56789", "198.51.100.7:443");
	ck_assert_int_eq(proxyproto_read(text.p, text.n, &header, &length),
	    PROXYPROTO_FINE);
	ck_assert_int_eq(header.from.sa.sa_family, AF_INET);
	ck_assert_int_eq(header.to.sa.sa_family, AF_INET);
}
END_TEST

static const struct slice bad_lines[] = {
	LINE("GET / HTTP/1.1\r\n\r\n"),
	LINE("proxy TCP4 192.0.2.1 198.51.100.7 56789 443\r\n"),
	LINE("PROXY  TCP4 192.0.2.1 198.51.100.7 56789 443\r\n"),
	LINE("PROXY\r\n"),
	LINE("PROXY \r\n"),
	LINE("PROXY TCP\r\n"),
	LINE("PROXY TCP5 192.0.2.1 198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP4\r\n"),
	LINE("PROXY TCP4 \r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 \r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 443 \r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 443 1\r\n"),
	LINE("PROXY TCP4 192.0.2.1  198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP4 192.0.2.1\t198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\r \n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789\r443\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 65536\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 056789 443\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 0443\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 -1\r\n"),
	LINE("PROXY TCP4 192.0.2.1 198.51.100.7 56789 4x3\r\n"),
	LINE("PROXY TCP4 192.0.2.01 198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP4 192.0.2 198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP4 192.0.2.1\0 198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP4 ::1 ::1 56789 443\r\n"),
	LINE("PROXY TCP6 192.0.2.1 198.51.100.7 56789 443\r\n"),
	LINE("PROXY TCP6 [::1] ::1 56789 443\r\n"),
	LINE("PROXY TCP6 ::1%lo ::1 56789 443\r\n"),
	LINE("PROXY UNKNOWN\n"),
	LINE("PROXY UNKNOWNX\r\n"),
	LINE("\r\n\r\nGET / HTTP/1.1\r\n"),
};

START_TEST(other_lines_are_refused)
{
	refused(bad_lines[_i]);
}
END_TEST

START_TEST(lines_have_107_bytes_at_most)
{
	char line[109] = "PROXY UNKNOWN ";
	struct slice text = {line, 107};

	memset(line + 14, 'x', sizeof line - 14);
	memcpy(line + 105, "\r\n", 2);
	fine(text, true, "", "");
	memcpy(line + 105, "x\r\n", 3);
	text.n = 108;
	refused(text);
}
END_TEST

START_TEST(headers_of_version_2)
{
	fine(SLICE(SIGNATURE "\x21\x11\0\x0c" FOUR), false,
	    "192.0.2.1:56789", "198.51.100.7:443");
	fine(SLICE(SIGNATURE "\x21\x21\0\x24" SIX), false,
	    "[2001:db8::1]:56789", "[2001:db8::2]:443");
	/* LOCAL: whatever else it says */
	fine(SLICE(SIGNATURE "\x20\0\0\0"), true, "", "");
	fine(SLICE(SIGNATURE "\x20\x11\0\x0c" FOUR), true, "", "");
	fine(SLICE(SIGNATURE "\x20\x11\0\x02xy"), true, "", "");
}
END_TEST

START_TEST(what_is_no_tcp_has_no_address)
{
	char local[16 + 216] = SIGNATURE "\x21\x31\0\xd8";
	struct slice text = {local, sizeof local};

	fine(SLICE(SIGNATURE "\x21\x12\0\x0c" FOUR), false, "", "");
	fine(SLICE(SIGNATURE "\x21\x22\0\x24" SIX), false, "", "");
	fine(SLICE(SIGNATURE "\x21\x10\0\x0c" FOUR), false, "", "");
	fine(SLICE(SIGNATURE "\x21\x01\0\0"), false, "", "");
	fine(SLICE(SIGNATURE "\x21\0\0\x05hello"), false, "", "");
	fine(text, false, "", "");
}
END_TEST

#define CRC_AND "\x03\0\x04"

START_TEST(tlvs_are_measured)
{
	const char *four = "192.0.2.1:56789", *to = "198.51.100.7:443";

	fine(SLICE(SIGNATURE "\x21\x11\0\x14" FOUR "\x01\0\x05http/"), false,
	    four, to);
	fine(SLICE(SIGNATURE "\x21\x11\0\x12" FOUR "\x04\0\0\x04\0\0"), false,
	    four, to);
	refused(SLICE(SIGNATURE "\x21\x11\0\x14" FOUR "\x01\0\x06http/"));
	refused(SLICE(SIGNATURE "\x21\x11\0\x0d" FOUR "\x01"));
	refused(SLICE(SIGNATURE "\x21\x11\0\x0e" FOUR "\x01\0"));
	refused(SLICE(SIGNATURE "\x21\x11\0\x0f" FOUR "\x01\xff\xff"));
}
END_TEST

START_TEST(a_checksum_is_verified)
{
	char header[] = SIGNATURE "\x21\x11\0\x13" FOUR CRC_AND
	    "\x42\xd8\x95\x77";
	struct slice text = {header, sizeof header - 1};

	fine(text, false, "192.0.2.1:56789", "198.51.100.7:443");
	/* Neither the addresses nor the sum itself may differ by a bit. */
	for (size_t i = 16; i < text.n; i++) {
		if (i >= 28 && i < 31)
			continue;
		header[i] ^= 0x10;
		refused(text);
		header[i] ^= 0x10;
	}
	refused(SLICE(SIGNATURE "\x21\x11\0\x12" FOUR "\x03\0\x03xyz"));
	refused(SLICE(SIGNATURE "\x21\x11\0\x1a" FOUR CRC_AND "\0\0\0\0"
	    CRC_AND "\0\0\0\0"));
}
END_TEST

static const struct slice bad_headers[] = {
	LINE(SIGNATURE "\x11\x11\0\x0c" FOUR),
	LINE(SIGNATURE "\x31\x11\0\x0c" FOUR),
	LINE(SIGNATURE "\x22\x11\0\x0c" FOUR),
	LINE(SIGNATURE "\x21\x41\0\x0c" FOUR),
	LINE(SIGNATURE "\x21\xf1\0\x0c" FOUR),
	LINE(SIGNATURE "\x21\x13\0\x0c" FOUR),
	LINE(SIGNATURE "\x21\x11\0\x0b" FOUR),
	LINE(SIGNATURE "\x21\x11\0\0" FOUR),
	LINE(SIGNATURE "\x21\x21\0\x23" SIX),
	LINE(SIGNATURE "\x21\x31\0\xd7"),
	LINE(SIGNATURE "\x21\x11\x07\xf1" FOUR), /* 2049 bytes */
	LINE(SIGNATURE "\x20\0\xff\xff"),
	LINE("\r\n\r\n\0\r\nQUIT\r"),
};

START_TEST(other_headers_are_refused)
{
	refused(bad_headers[_i]);
}
END_TEST

START_TEST(the_longest_header)
{
	static char header[2048] = SIGNATURE "\x21\x11\x07\xf0" FOUR
	    "\x04\x07\xe1";
	struct slice text = {header, sizeof header};

	fine(text, false, "192.0.2.1:56789", "198.51.100.7:443");
}
END_TEST

/* Written, then read. */
static void there_and_back(unsigned version, const char *from, const char *to,
    size_t want)
{
	char room[PROXYPROTO_ROOM];
	struct addr a, b;
	size_t n;

	ck_assert_ptr_null(addr_parse(slice_str(from), 0, &a));
	ck_assert_ptr_null(addr_parse(slice_str(to), 0, &b));
	memset(room, 'x', sizeof room);
	n = proxyproto_put(version, &a, &b, room);
	ck_assert_uint_eq(n, want);
	fine(slice_make(room, n), false, from, to);
}

static void says_nothing(const struct addr *from, const struct addr *to)
{
	char room[PROXYPROTO_ROOM];
	size_t n = proxyproto_put(1, from, to, room);

	ck_assert_uint_eq(n, 15);
	ck_assert_mem_eq(room, "PROXY UNKNOWN\r\n", 15);
	n = proxyproto_put(2, from, to, room);
	ck_assert_uint_eq(n, 16);
	ck_assert_mem_eq(room, SIGNATURE "\x20\0\0\0", 16);
}

START_TEST(what_is_written_can_be_read)
{
	char room[PROXYPROTO_ROOM];
	struct addr four, six, local, none = {.len = 0}, mapped;

	there_and_back(1, "192.0.2.1:56789", "198.51.100.7:443", 45);
	there_and_back(2, "192.0.2.1:56789", "198.51.100.7:443", 28);
	there_and_back(1, "[2001:db8::1]:1", "[2001:db8::2]:2", 40);
	there_and_back(2, "[2001:db8::1]:1", "[2001:db8::2]:2", 52);
	there_and_back(1, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", 104);
	addr_parse(SLICE("192.0.2.1:1"), 0, &four);
	addr_parse(SLICE("[2001:db8::1]:1"), 0, &six);
	addr_parse(SLICE("unix:/run/x"), 0, &local);
	says_nothing(NULL, NULL);
	says_nothing(&four, NULL);
	says_nothing(NULL, &six);
	there_and_back(1, "192.0.2.1:1", "[2001:db8::2]:2", 45);
	there_and_back(2, "[2001:db8::1]:1", "192.0.2.2:2", 52);
	says_nothing(&local, &local);
	says_nothing(&four, &none);
	/* as the kernel has it on a socket of both families */
	mapped = six;
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.in6.sin6_addr);
	ck_assert_uint_eq(proxyproto_put(1, &mapped, &four, room), 36);
	ck_assert_mem_eq(room, "PROXY TCP4 192.0.2.1 192.0.2.1 1 1\r\n", 36);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, lines_of_version_1);
	tcase_add_test(tc, mapped_addresses_are_those_of_ipv4);
	tcase_add_loop_test(tc, other_lines_are_refused, 0,
	    sizeof bad_lines / sizeof bad_lines[0]);
	tcase_add_test(tc, lines_have_107_bytes_at_most);
	tcase_add_test(tc, headers_of_version_2);
	tcase_add_test(tc, what_is_no_tcp_has_no_address);
	tcase_add_test(tc, tlvs_are_measured);
	tcase_add_test(tc, a_checksum_is_verified);
	tcase_add_loop_test(tc, other_headers_are_refused, 0,
	    sizeof bad_headers / sizeof bad_headers[0]);
	tcase_add_test(tc, the_longest_header);
	tcase_add_test(tc, what_is_written_can_be_read);
}

int main(void)
{
	Suite *suite = suite_create("proxyproto");
	TCase *tc = tcase_create("proxyproto");
	SRunner *runner;
	int failed;

	add(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
