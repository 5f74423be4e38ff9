/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel has counted is what was read and written, at any time. */
/* links: shm net http conf base */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/lobby.h"
#include "shm/slot.h"

#define BYTES 60000

/* Both ends of a connection, and what we know of them. */
static struct end {
	struct conn *c;
	int fd;
	uint64_t rx, tx;
} ours, theirs;

static char bytes[BYTES];
static uint32_t state;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static struct end hang(int fd, bool connected)
{
	struct end e = {lobby_hang(fd, CONN_CLIENT), fd, 0, 0};

	ck_assert_ptr_nonnull(e.c);
	e.c->base_tx = connected;
	return e;
}

static void connect_both(int family)
{
	struct sockaddr_in6 at6 = {.sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in at4 = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *at = family == AF_INET ? (void *)&at4 : (void *)&at6;
	socklen_t n = family == AF_INET ? sizeof at4 : sizeof at6;
	int l = socket(family, SOCK_STREAM, 0);
	int fd = socket(family, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(l, at, n), 0);
	ck_assert_int_eq(listen(l, 1), 0);
	getsockname(l, at, &n);
	ck_assert_int_eq(connect(fd, at, n), 0);
	ours = hang(fd, true);
	theirs = hang(accept(l, NULL, NULL), false);
	close(l);
}

static void setup(void)
{
	ck_assert(slots_create());
	slot_enter(1);
	ck_assert(lobby_create(&lobby, 256));
	lobby.connections = 256;
	state = 362436069;
	connect_both(AF_INET);
}

static void teardown(void)
{
	area_close(&lobby.area);
	area_close(&slots.area);
}

static void check_counts(const struct end *e)
{
	uint64_t rx = 0, tx = 0;

	ck_assert(conn_counts(e->c, e->fd, &rx, &tx));
	ck_assert_uint_eq(rx, e->rx);
	ck_assert_uint_eq(tx, e->tx);
}

static ssize_t put(struct end *e, size_t n)
{
	ssize_t k = send(e->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	e->tx += k > 0 ? (uint64_t)k : 0;
	return k;
}

static ssize_t get(struct end *e, size_t n)
{
	ssize_t k = recv(e->fd, bytes, n, MSG_DONTWAIT);

	e->rx += k > 0 ? (uint64_t)k : 0;
	return k;
}

static void exchange(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		struct end *e = below(2) ? &ours : &theirs;
		size_t n = below(8) ? below(2000) + 1 : below(BYTES) + 1;
		if (below(2))
			put(e, n);
		else
			get(e, n);
		check_counts(&ours);
		check_counts(&theirs);
	}
}

/* All that the other has sent, and then its end. */
static void read_to_the_end(struct end *e)
{
	ssize_t n;

	for (unsigned i = 0; i < 2000 && (n = get(e, BYTES)) != 0; i++) {
		if (n < 0)
			clock_sleep_us(1000);
		check_counts(e);
	}
	ck_assert_int_eq(n, 0);
}

START_TEST(a_new_connection_has_none)
{
	check_counts(&ours);
	check_counts(&theirs);
	connect_both(AF_INET6);
	check_counts(&ours);
	check_counts(&theirs);
}
END_TEST

START_TEST(all_bytes_are_counted)
{
	exchange(2000);
	ck_assert_uint_gt(ours.rx + theirs.rx, BYTES);
}
END_TEST

START_TEST(full_buffers_are_counted)
{
	while (put(&ours, BYTES) > 0)
		check_counts(&ours);
	check_counts(&ours);
	for (unsigned i = 0; i < 100; i++) {
		get(&theirs, below(BYTES));
		put(&ours, below(BYTES));
		check_counts(&ours);
		check_counts(&theirs);
	}
}
END_TEST

/* Each end of a direction takes a number, which is nobody's byte. */
static void end_first(struct end *a, struct end *b)
{
	exchange(200);
	shutdown(a->fd, SHUT_WR);
	check_counts(a);
	check_counts(b);
	read_to_the_end(b);
	check_counts(a);
	put(b, 1234);
	check_counts(a);
	check_counts(b);
	while (get(a, BYTES) > 0)
		check_counts(a);
	ck_assert_uint_eq(a->tx, b->rx);
}

START_TEST(our_end_is_not_a_byte)
{
	end_first(&ours, &theirs);
}
END_TEST

START_TEST(their_end_is_not_a_byte)
{
	end_first(&theirs, &ours);
}
END_TEST

/* Its last bytes are here and unread, and so is its end. */
START_TEST(an_end_behind_unread_bytes)
{
	put(&theirs, 5000);
	shutdown(theirs.fd, SHUT_WR);
	clock_sleep_us(5000);
	check_counts(&ours);
	get(&ours, 1);
	check_counts(&ours);
	get(&ours, 4999);
	check_counts(&ours);
	put(&ours, 100);
	check_counts(&ours);
	check_counts(&theirs);
}
END_TEST

START_TEST(what_is_no_more_has_no_counts)
{
	struct linger now = {1, 0};
	uint64_t rx, tx;

	setsockopt(theirs.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	lobby_close(theirs.c);
	ck_assert(!conn_counts(ours.c, ours.fd, &rx, &tx));
}
END_TEST

START_TEST(other_sockets_have_no_counts)
{
	uint64_t rx, tx;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct end e = hang(pair[0], false);
	ck_assert(!conn_counts(e.c, e.fd, &rx, &tx));
	e.c->is_unix = 1;
	ck_assert(!conn_counts(e.c, e.fd, &rx, &tx));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conn");
	TCase *tc = tcase_create("conn");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_new_connection_has_none);
	tcase_add_test(tc, all_bytes_are_counted);
	tcase_add_test(tc, full_buffers_are_counted);
	tcase_add_test(tc, our_end_is_not_a_byte);
	tcase_add_test(tc, their_end_is_not_a_byte);
	tcase_add_test(tc, an_end_behind_unread_bytes);
	tcase_add_test(tc, what_is_no_more_has_no_counts);
	tcase_add_test(tc, other_sockets_have_no_counts);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
