/* SPDX-License-Identifier: BSD-2-Clause */
/* Records on their way out: sealed, published, sent; keys that wear out. */
/* links: worker shm net http conf base */
#include "wires.h"

#define WARNING 1

static const char update[] = "\x18\0\0\1\0";

static uint16_t version_of(int i)
{
	return i ? RECORD_TLS13 : RECORD_TLS12;
}

static char data[200000];

static void fill(void)
{
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 31 + i / 256);
}

static void seal(const char *p, size_t n)
{
	struct iovec v = {(void *)p, n};

	ck_assert_uint_eq(secure_seal(&wires, SIDE_CLIENT, &v, 1), n);
}

/* A record is the row's before the socket has a byte of it. */
START_TEST(published_before_it_is_sent)
{
	char got;

	wires_open(version_of(_i));
	seal("hello", 5);
	ck_assert_uint_eq(conn_flow(wires.c)->side[0].wseq, 0);
	ck_assert_int_eq(recv(wires_fd, &got, 1, MSG_DONTWAIT | MSG_PEEK), -1);
	ck_assert_uint_gt(secure_left(&wires, SIDE_CLIENT), 5);
	ck_assert_int_eq(secure_flush(&wires, SIDE_CLIENT), IO_OK);
	ck_assert_uint_eq(conn_flow(wires.c)->side[0].wseq, 1);
	ck_assert_uint_eq(secure_left(&wires, SIDE_CLIENT), 0);
	wires_expect(RECORD_DATA, "hello", 5);
	wires_close();
}
END_TEST

/* As the steward does it: the page of what was lost. */
static void settle_pages(void)
{
	char *reachable = calloc(pages.count + 1, 1);

	ck_assert_ptr_nonnull(reachable);
	stride_publish(&wires);
	pages_settle_row(lobby_row(wires.c), conn_serial(wires.c), reachable);
	free(reachable);
}

/* Who dies before has sent nothing, and its number is used again; who dies
 * behind it has left the record, and goes on with the bytes. */
START_TEST(a_stride_that_is_lost)
{
	wires_open(version_of(_i));
	seal("lost", 4);
	wires_stride();
	ck_assert_uint_eq(secure_left(&wires, SIDE_CLIENT), 0);
	seal("kept", 4);
	stride_publish(&wires);
	wires_stride();
	ck_assert_uint_gt(secure_left(&wires, SIDE_CLIENT), 4);
	seal("more", 4);
	ck_assert_int_eq(secure_flush(&wires, SIDE_CLIENT), IO_OK);
	wires_expect(RECORD_DATA, "kept", 4);
	wires_expect(RECORD_DATA, "more", 4);
	settle_pages();
	wires_close();
}
END_TEST

/* Large and small vectors, more than the pages of one time hold. */
START_TEST(as_much_as_a_few_pages_hold)
{
	static char got[RECORD_WIRE];
	struct iovec v[3] = {{data, 10}, {data + 10, 30000},
	    {data + 30010, sizeof data - 30010}};
	enum record_type type;
	size_t n, have = 0;

	fill();
	wires_open(version_of(_i));
	n = secure_seal(&wires, SIDE_CLIENT, v, 3);
	ck_assert_uint_eq(n, 6 * RECORD_PLAIN);
	ck_assert(!wires.starved);
	secure_flush(&wires, SIDE_CLIENT);
	while (have < n) {
		size_t k = wires_take(got, &type);
		ck_assert_mem_eq(got, data + have, k);
		have += k;
		secure_flush(&wires, SIDE_CLIENT);
	}
	ck_assert_uint_eq(have, n);
	ck_assert_uint_eq(secure_left(&wires, SIDE_CLIENT), 0);
	wires_close();
}
END_TEST

/* The peer takes nothing: what is left hangs on the row, and goes later. */
START_TEST(a_socket_that_is_full)
{
	static char got[RECORD_WIRE];
	uint64_t sealed = 0, taken = 0;
	enum record_type type;

	fill();
	wires_open(version_of(_i));
	for (;;) {
		struct iovec v = {data, sizeof data};
		sealed += secure_seal(&wires, SIDE_CLIENT, &v, 1);
		if (secure_flush(&wires, SIDE_CLIENT) == IO_WAIT)
			break;
	}
	ck_assert_uint_gt(secure_left(&wires, SIDE_CLIENT), 0);
	stride_publish(&wires);
	wires_stride(); /* somebody else goes on */
	while (taken < sealed) {
		size_t n = wires_take(got, &type);
		ck_assert_uint_gt(n, 0);
		taken += n;
		ck_assert_int_ne(secure_flush(&wires, SIDE_CLIENT),
		    IO_BROKEN);
	}
	ck_assert_uint_eq(taken, sealed);
	wires_close();
}
END_TEST

START_TEST(a_key_that_is_used_up)
{
	wires_open(RECORD_TLS13);
	wires_side()->wseq = wires_rseq = RECORD_KEY_USES - 1;
	seal("last", 4);
	seal("first", 5);
	ck_assert_int_eq(secure_flush(&wires, SIDE_CLIENT), IO_OK);
	wires_expect(RECORD_DATA, "last", 4);
	wires_expect(RECORD_HANDSHAKE, update, 5);
	wires_next_read();
	wires_expect(RECORD_DATA, "first", 5);
	ck_assert_uint_eq(wires_side()->wseq, 1);
	wires_close();
}
END_TEST

/* TLS 1.2 has no other: the connection ends, and says so. */
START_TEST(the_only_key_is_used_up)
{
	struct iovec v = {"more", 4};

	wires_open(RECORD_TLS12);
	wires_side()->wseq = wires_rseq = RECORD_KEY_USES - 1;
	seal("last", 4);
	ck_assert_uint_eq(secure_seal(&wires, SIDE_CLIENT, &v, 1), 0);
	ck_assert(!wires.starved);
	ck_assert_int_eq(secure_flush(&wires, SIDE_CLIENT), IO_BROKEN);
	wires_expect(RECORD_DATA, "last", 4);
	wires_expect_alert(WARNING, ALERT_CLOSE_NOTIFY);
	wires_close();
}
END_TEST

/* An update and a record of a stride that is lost are made once more, alike:
 * the set in use stays what it was. */
START_TEST(an_update_that_is_lost)
{
	wires_open(RECORD_TLS13);
	for (int i = 0; i < 3; i++) {
		wires_side()->wseq = RECORD_KEY_USES;
		seal("lost", 4);
	}
	ck_assert_uint_ne(conn_flow(wires.c)->side[0].wkey,
	    wires_side()->wkey);
	wires_close();
}
END_TEST

START_TEST(the_end_is_told_once)
{
	struct iovec v = {"more", 4};
	char got;

	wires_open(version_of(_i));
	secure_end(&wires, SIDE_CLIENT);
	stride_publish(&wires);
	wires_stride();
	secure_end(&wires, SIDE_CLIENT);
	wires_expect_alert(WARNING, ALERT_CLOSE_NOTIFY);
	ck_assert_uint_eq(secure_seal(&wires, SIDE_CLIENT, &v, 1), 0);
	ck_assert_int_eq(recv(wires_fd, &got, 1, MSG_DONTWAIT), -1);
	wires_close();
}
END_TEST

START_TEST(without_a_page)
{
	static uint32_t taken[2][4096];
	uint32_t k[2] = {0, 0};
	struct iovec v = {"text", 4};

	wires_open(version_of(_i));
	for (int z = 0; z < 2; z++)
		while ((taken[z][k[z]] = page_take((enum page_size)z, 50, 1)))
			k[z]++;
	ck_assert_uint_eq(secure_seal(&wires, SIDE_CLIENT, &v, 1), 0);
	ck_assert(wires.starved);
	for (int z = 0; z < 2; z++)
		while (k[z] > 0)
			page_free(taken[z][--k[z]]);
	wires.starved = false;
	seal("text", 4);
	ck_assert_int_eq(secure_flush(&wires, SIDE_CLIENT), IO_OK);
	wires_expect(RECORD_DATA, "text", 4);
	wires_close();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secure_out");
	TCase *tc = tcase_create("secure_out");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, published_before_it_is_sent, 0, 2);
	tcase_add_loop_test(tc, a_stride_that_is_lost, 0, 2);
	tcase_add_loop_test(tc, as_much_as_a_few_pages_hold, 0, 2);
	tcase_add_loop_test(tc, a_socket_that_is_full, 0, 2);
	tcase_add_test(tc, a_key_that_is_used_up);
	tcase_add_test(tc, the_only_key_is_used_up);
	tcase_add_test(tc, an_update_that_is_lost);
	tcase_add_loop_test(tc, the_end_is_told_once, 0, 2);
	tcase_add_loop_test(tc, without_a_page, 0, 2);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
