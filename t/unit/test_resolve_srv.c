/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers for SRV records: what is taken of them, and what is refused. */
/* links: steward shm net http conf base */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "steward/srv.h"

#define ROOM 8192

static uint8_t message[ROOM];
static size_t used;
static unsigned nanswers;
static struct srv records[SRV_MOST];
static unsigned n;
static uint32_t ttl;

static void put(const void *bytes, size_t length)
{
	ck_assert_uint_le(used + length, ROOM);
	memcpy(message + used, bytes, length);
	used += length;
}

static void put16(unsigned value)
{
	uint8_t b[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(b, 2);
}

/* "\1a\4test": as it goes over the wire, with its zero. */
#define NAME(s) put(s, sizeof(s))

static void begin(void)
{
	used = nanswers = 0;
	ttl = UINT32_MAX;
	for (unsigned i = 0; i < 6; i++)
		put16(i == 2 ? 1 : 0);
	NAME("\5_http\4_tcp\4test");
	put16(33);
	put16(1);
}

/* The owner points at the question. */
static void begin_record(unsigned type, uint32_t lives, unsigned length)
{
	put16(0xc00c);
	put16(type);
	put16(1);
	put16(lives >> 16);
	put16(lives & 0xffff);
	put16(length);
	message[7] = (uint8_t)++nanswers;
}

static void put_srv(unsigned priority, unsigned weight, unsigned port,
    const char *target, size_t length, uint32_t lives)
{
	begin_record(33, lives, 6 + (unsigned)length);
	put16(priority);
	put16(weight);
	put16(port);
	put(target, length);
}

#define SRV(p, w, port, target, lives)                                         \
	put_srv(p, w, port, target, sizeof(target), lives)

static bool parse(void)
{
	return srv_parse(message, used, records, &n, &ttl);
}

START_TEST(records_are_taken)
{
	begin();
	SRV(1, 20, 8080, "\1a\4test", 60);
	SRV(2, 0, 81, "\3b-b\2_c\4TEST", 30);
	ck_assert(parse());
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(records[0].target, "a.test");
	ck_assert_uint_eq(records[0].priority, 1);
	ck_assert_uint_eq(records[0].weight, 20);
	ck_assert_uint_eq(records[0].port, 8080);
	ck_assert_str_eq(records[1].target, "b-b._c.TEST");
	ck_assert_uint_eq(ttl, 30);
}
END_TEST

START_TEST(targets_may_be_compressed)
{
	begin();
	put_srv(1, 1, 80, "\1a\xc0\x17", 4, 9); /* "test" of the question */
	ck_assert(parse());
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(records[0].target, "a.test");
}
END_TEST

START_TEST(other_records_are_passed_over)
{
	begin();
	begin_record(5, 7, 3); /* CNAME */
	put("\1a", 3);
	SRV(1, 1, 80, "\1a", 60);
	ck_assert(parse());
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(ttl, 7);
}
END_TEST

START_TEST(no_service_is_no_record)
{
	begin();
	SRV(0, 0, 80, "", 60);       /* "." */
	SRV(0, 0, 0, "\1a", 60);     /* no port */
	SRV(0, 0, 80, "\3a b", 60);  /* no host name */
	SRV(0, 0, 80, "\3a.b", 60);
	SRV(0, 0, 80, "\2\xc3\xa4", 60);
	ck_assert(parse());
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_ttl_with_the_highest_bit_is_zero)
{
	begin();
	SRV(1, 1, 80, "\1a", 0x80000000u);
	ck_assert(parse());
	ck_assert_uint_eq(ttl, 0);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
	begin();
	for (unsigned i = 0; i < SRV_MOST + 9; i++)
		SRV(1, 1, 80 + i, "\1a", 60);
	ck_assert(parse());
	ck_assert_uint_eq(n, SRV_MOST);
}
END_TEST

START_TEST(names_that_point_in_circles_are_refused)
{
	begin();
	put_srv(1, 1, 80, "\xc0\x33", 2, 9); /* itself */
	ck_assert_uint_eq(used - 2, 0x33);
	ck_assert(!parse());
	message[used - 1] = 0x34; /* ahead */
	ck_assert(!parse());
	message[used - 2] = 0xff; /* outside */
	ck_assert(!parse());
}
END_TEST

START_TEST(too_long_names_are_no_hosts)
{
	char target[260];

	begin();
	for (unsigned i = 0; i < 256; i++)
		target[i] = (char)(i % 64 ? 'a' : 63);
	target[256] = 0;
	put_srv(1, 1, 80, target, 257, 9);
	ck_assert(parse());
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(cut_messages_are_refused)
{
	begin();
	SRV(1, 20, 8080, "\1a\4test", 60);
	SRV(1, 20, 8080, "\1a\xc0\x17", 60);
	size_t whole = used;
	for (used = 0; used < whole; used++)
		ck_assert_msg(!parse(), "%zu bytes", used);
	ck_assert_uint_le(n, 2);
}
END_TEST

START_TEST(a_record_ends_where_it_says)
{
	begin();
	SRV(1, 20, 8080, "\1a\4test", 60);
	message[used - sizeof "\1a\4test" - 7]++; /* its length */
	put("", 1);
	ck_assert(!parse());
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("resolve_srv");
	TCase *t = tcase_create("srv");

	tcase_add_test(t, records_are_taken);
	tcase_add_test(t, targets_may_be_compressed);
	tcase_add_test(t, other_records_are_passed_over);
	tcase_add_test(t, no_service_is_no_record);
	tcase_add_test(t, a_ttl_with_the_highest_bit_is_zero);
	tcase_add_test(t, no_more_than_there_is_room_for);
	tcase_add_test(t, names_that_point_in_circles_are_refused);
	tcase_add_test(t, too_long_names_are_no_hosts);
	tcase_add_test(t, cut_messages_are_refused);
	tcase_add_test(t, a_record_ends_where_it_says);
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
