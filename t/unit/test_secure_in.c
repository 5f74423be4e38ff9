/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that come in: split anywhere, with messages between, or unlawful. */
/* links: worker shm net http conf base */
#include "wires.h"

#define FATAL 2

static const char update[] = "\x18\0\0\1\0", asked[] = "\x18\0\0\1\1";

static uint16_t version_of(int i)
{
	return i ? RECORD_TLS13 : RECORD_TLS12;
}

/* Two records and a half, cut at every byte of theirs; the worker's stride
 * ends, and the row's flow is all there is, at each cut. */
START_TEST(cut_at_every_byte)
{
	char wire[1000], got[64];
	size_t n, total;

	wires_open(version_of(_i));
	total = wires_seal(wire, RECORD_DATA, "first", 5);
	total += wires_seal(wire + total, RECORD_DATA, "", 0);
	total += wires_seal(wire + total, RECORD_DATA, "second", 6);
	wires_close();
	for (size_t cut = 0; cut <= total; cut++) {
		size_t have = 0;
		wires_open(version_of(_i));
		total = wires_seal(wire, RECORD_DATA, "first", 5);
		total += wires_seal(wire + total, RECORD_DATA, "", 0);
		total += wires_seal(wire + total, RECORD_DATA, "second", 6);
		for (int part = 0; part < 2; part++) {
			size_t from = part ? cut : 0, to = part ? total : cut;
			if (to > from)
				ck_assert_int_eq(send(wires_fd, wire + from,
				    to - from, 0), (ssize_t)(to - from));
			while (wires_receive(got + have, sizeof got - have,
			    &n) == IO_OK)
				have += n;
			secure_tidy(&wires);
			stride_publish(&wires);
			wires_stride();
		}
		ck_assert_uint_eq(have, 11);
		ck_assert_mem_eq(got, "firstsecond", 11);
		ck_assert_uint_eq(wires_side()->wire_rx, total);
		ck_assert_uint_eq(pages_in_use(), 0);
		wires_close();
	}
}
END_TEST

START_TEST(byte_by_byte)
{
	char wire[100], got[64];
	size_t n = 0, total;

	wires_open(version_of(_i));
	total = wires_seal(wire, RECORD_DATA, "hello", 5);
	for (size_t at = 0; at < total; at++) {
		ck_assert(!secure_is_pending(&wires, SIDE_CLIENT));
		ck_assert_int_eq(send(wires_fd, wire + at, 1, 0), 1);
		ck_assert_int_eq(wires_receive(got, sizeof got, &n), at + 1
		    < total ? IO_WAIT : IO_OK);
	}
	ck_assert_uint_eq(n, 5);
	wires_close();
}
END_TEST

/* In as small pieces as are asked for, and what is left is known to be. */
START_TEST(large_records_in_pieces)
{
	static char data[RECORD_PLAIN], got[RECORD_PLAIN];
	size_t n, have = 0;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7);
	wires_open(version_of(_i));
	for (int k = 0; k < 5; k++)
		wires_send(RECORD_DATA, data, sizeof data);
	for (int k = 0; k < 5; k++) {
		for (have = 0; have < sizeof data; have += n) {
			size_t room = sizeof data - have;
			ck_assert_int_eq(wires_receive(got + have, room < 1000
			    ? room : 1000, &n), IO_OK);
			ck_assert(n > 0);
			if (have + n < sizeof data)
				ck_assert(secure_is_pending(&wires,
				    SIDE_CLIENT));
		}
		ck_assert_mem_eq(got, data, sizeof data);
	}
	ck_assert(!secure_is_pending(&wires, SIDE_CLIENT));
	wires_close();
}
END_TEST

/* What was not published is opened once more, to the same. */
START_TEST(a_stride_that_is_lost)
{
	char got[64];
	size_t n;

	wires_open(version_of(_i));
	wires_say("once");
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_OK);
	uint64_t rx = wires_side()->wire_rx;
	wires_stride(); /* and what settling would find out: */
	wires_side()->raw_end = (uint16_t)rx;
	wires_side()->wire_rx = rx;
	ck_assert_uint_eq(wires_side()->rseq, 0);
	wires_expect_text("once");
	wires_close();
}
END_TEST

START_TEST(updates_of_the_peer_s_key)
{
	wires_open(RECORD_TLS13);
	for (int i = 0; i < 20; i++) {
		wires_send(RECORD_HANDSHAKE, update, 5);
		wires_next_write();
		if (i % 5 == 0) /* several between two publications */
			wires_say("text");
		if (i % 5 == 4)
			wires_expect_text("text");
	}
	wires_send(RECORD_HANDSHAKE, update, 2);
	wires_send(RECORD_HANDSHAKE, update + 2, 3);
	wires_next_write();
	wires_say("last");
	wires_expect_text("last");
	wires_close();
}
END_TEST

/* Ours is the one that the row's flow names, whoever dies in between. */
START_TEST(two_updates_in_a_stride_that_is_lost)
{
	char got[64];
	size_t n;

	wires_open(RECORD_TLS13);
	wires_send(RECORD_HANDSHAKE, update, 5);
	wires_next_write();
	wires_send(RECORD_HANDSHAKE, update, 5);
	wires_next_write();
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_WAIT);
	ck_assert_uint_eq(wires_side()->rkey, 0);
	uint64_t rx = wires_side()->wire_rx;
	wires_stride();
	ck_assert_uint_eq(wires_side()->rkey, 1); /* published between them */
	wires_side()->raw_end = (uint16_t)rx;
	wires_side()->wire_rx = rx;
	wires_say("text");
	wires_expect_text("text");
	wires_close();
}
END_TEST

START_TEST(an_update_that_asks_for_ours)
{
	wires_open(RECORD_TLS13);
	for (int i = 0; i < 3; i++) {
		struct iovec v = {"answer", 6};
		wires_send(RECORD_HANDSHAKE, asked, 5);
		wires_next_write();
		wires_say("text");
		wires_expect_text("text");
		ck_assert_uint_eq(secure_seal(&wires, SIDE_CLIENT, &v, 1), 6);
		ck_assert_int_eq(secure_flush(&wires, SIDE_CLIENT), IO_OK);
		wires_expect(RECORD_HANDSHAKE, update, 5);
		wires_next_read();
		wires_expect(RECORD_DATA, "answer", 6);
	}
	wires_close();
}
END_TEST

/* Unlawful in that version; what we say to it. */
static const struct unlawful {
	uint16_t version;
	enum record_type type;
	const char *p;
	size_t n;
	enum record_alert alert;
} unlawful[] = {
	{RECORD_TLS13, RECORD_HANDSHAKE, "\x18\0\0\1\2", 5,
	    ALERT_ILLEGAL_PARAMETER},
	{RECORD_TLS13, RECORD_HANDSHAKE, "\x18\0\0\2\0\0", 6,
	    ALERT_DECODE_ERROR},
	{RECORD_TLS13, RECORD_HANDSHAKE, "\x18\0\0\1\0\x18", 6,
	    ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS13, RECORD_HANDSHAKE, "\4\0\0\1\0", 5,
	    ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS13, RECORD_HANDSHAKE, "\1\0\0\1\0", 5,
	    ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS13, RECORD_HANDSHAKE, "", 0, ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS12, RECORD_HANDSHAKE, "\1\0\0\1\0", 5,
	    ALERT_NO_RENEGOTIATION},
	{RECORD_TLS12, RECORD_HANDSHAKE, "\0\0\0\0", 4,
	    ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS12, RECORD_HANDSHAKE, "\x18\0\0\1\0", 5,
	    ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS12, RECORD_CCS, "\1", 1, ALERT_UNEXPECTED_MESSAGE},
	{RECORD_TLS12, RECORD_ALERT, "\1", 1, ALERT_DECODE_ERROR},
	{RECORD_TLS13, RECORD_ALERT, "\2\x28\2", 3, ALERT_DECODE_ERROR},
	{RECORD_TLS13, RECORD_ALERT, "\1\x78", 2, ALERT_ILLEGAL_PARAMETER},
};

START_TEST(what_is_unlawful_is_refused)
{
	const struct unlawful *u = &unlawful[_i];
	struct iovec v = {"x", 1};

	wires_open(u->version);
	wires_send(u->type, u->p, u->n);
	wires_say("text");
	ck_assert_int_eq(wires_receive_all(), IO_BROKEN);
	wires_expect_alert(FATAL, u->alert);
	ck_assert_int_eq(wires_receive_all(), IO_BROKEN);
	ck_assert_uint_eq(secure_seal(&wires, SIDE_CLIENT, &v, 1), 0);
	wires_stride();
	ck_assert(wires_side()->flags & SECURE_BROKEN);
	wires_close();
}
END_TEST

START_TEST(half_a_message_then_data)
{
	wires_open(RECORD_TLS13);
	wires_send(RECORD_HANDSHAKE, update, 3);
	wires_say("text");
	ck_assert_int_eq(wires_receive_all(), IO_BROKEN);
	wires_expect_alert(FATAL, ALERT_UNEXPECTED_MESSAGE);
	wires_close();
}
END_TEST

START_TEST(one_bit_is_another)
{
	char wire[100];
	size_t n;

	wires_open(version_of(_i));
	n = wires_seal(wire, RECORD_DATA, "hello", 5);
	wire[n - 1] ^= 1;
	ck_assert_int_eq(send(wires_fd, wire, n, 0), (ssize_t)n);
	ck_assert_int_eq(wires_receive_all(), IO_BROKEN);
	wires_expect_alert(FATAL, ALERT_BAD_RECORD_MAC);
	wires_close();
}
END_TEST

/* Records that bring nothing cost us much and the peer little. */
START_TEST(nothing_again_and_again)
{
	char got[8];
	size_t n;

	wires_open(version_of(_i));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 32; i++)
			wires_send(RECORD_DATA, "", 0);
		wires_say("text");
		wires_expect_text("text");
	}
	for (int i = 0; i < 33; i++)
		wires_send(RECORD_DATA, "", 0);
	ck_assert_int_eq(wires_receive_soon(got, sizeof got, &n), IO_BROKEN);
	wires_expect_alert(FATAL, ALERT_UNEXPECTED_MESSAGE);
	wires_close();
}
END_TEST

/* Told apart: an end that is meant, and one that somebody has made. */
START_TEST(ends)
{
	wires_open(version_of(_i));
	wires_say("text");
	wires_send(RECORD_ALERT, "\1\x5a", 2); /* user_canceled */
	wires_send(RECORD_ALERT, "\1\0", 2);
	wires_say("behind it");
	wires_stride();
	char got[64];
	size_t n;
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_OK);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_END);
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_END);
	wires_close();
	wires_open(version_of(_i));
	wires_say("text");
	shutdown(wires_fd, SHUT_WR);
	ck_assert_int_eq(wires_receive_all(), IO_BROKEN);
	wires_close();
	wires_open(version_of(_i));
	wires_send(RECORD_ALERT, "\2\x28", 2);
	ck_assert_int_eq(wires_receive_all(), IO_BROKEN);
	ck_assert_int_eq(recv(wires_fd, got, sizeof got, MSG_DONTWAIT), -1);
	wires_close();
}
END_TEST

/* Takes all pages, and waits; then it goes on. */
START_TEST(without_a_page)
{
	uint32_t taken[4096], k = 0;
	char got[64];
	size_t n;

	wires_open(version_of(_i));
	wires_say("text");
	while ((taken[k] = page_take(PAGE_IS_SMALL, 50, 1)) != 0)
		k++;
	ck_assert_int_eq(wires_receive(got, sizeof got, &n), IO_WAIT);
	ck_assert(wires.starved);
	ck_assert_int_eq(secure_peek(&wires, SIDE_CLIENT), IO_WAIT);
	while (k > 0)
		page_free(taken[--k]);
	wires_expect_text("text");
	wires_close();
}
END_TEST

/* No room for the byte that says a record's type: each needs a page. Who
 * receives need not have published. */
START_TEST(a_page_for_each_byte)
{
	char got;
	size_t n;

	wires_open(RECORD_TLS13);
	for (int i = 0; i < 200; i++)
		wires_say("x");
	stride_publish(&wires);
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(secure_receive(&wires, SIDE_CLIENT, &got, 1,
		    &n), IO_OK);
		ck_assert_uint_eq(n, 1);
	}
	wires_close();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secure_in");
	TCase *tc = tcase_create("secure_in");
	int n = (int)(sizeof unlawful / sizeof unlawful[0]), failed;
	SRunner *runner;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, cut_at_every_byte, 0, 2);
	tcase_add_loop_test(tc, byte_by_byte, 0, 2);
	tcase_add_loop_test(tc, large_records_in_pieces, 0, 2);
	tcase_add_loop_test(tc, a_stride_that_is_lost, 0, 2);
	tcase_add_test(tc, updates_of_the_peer_s_key);
	tcase_add_test(tc, two_updates_in_a_stride_that_is_lost);
	tcase_add_test(tc, an_update_that_asks_for_ours);
	tcase_add_loop_test(tc, what_is_unlawful_is_refused, 0, n);
	tcase_add_test(tc, half_a_message_then_data);
	tcase_add_loop_test(tc, one_bit_is_another, 0, 2);
	tcase_add_loop_test(tc, nothing_again_and_again, 0, 2);
	tcase_add_loop_test(tc, ends, 0, 2);
	tcase_add_loop_test(tc, without_a_page, 0, 2);
	tcase_add_test(tc, a_page_for_each_byte);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
