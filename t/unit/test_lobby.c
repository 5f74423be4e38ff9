/* SPDX-License-Identifier: BSD-2-Clause */
/* The lobby between threads: owner words, and whose an event is. */
/* links: shm net http conf base */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crew.h" /* pthread_create: tsan runs this test */
#include "shm/lobby.h"

#define ROWS 256
#define STRUGGLES 100000

static struct conn *target;

static void setup(void)
{
	log_set_level(LOG_LEVEL_ERR);
	ck_assert(slots_create());
	slot_enter(MASTER);
	ck_assert(lobby_create(&lobby, ROWS));
	lobby.connections = ROWS;
	lobby.bell = eventfd(0, EFD_NONBLOCK);
	lobby.order = eventfd(0, EFD_NONBLOCK);
	lobby.report = eventfd(0, EFD_NONBLOCK);
	ck_assert(lobby_open());
}

static void teardown(void)
{
	area_close(&lobby.area);
	area_close(&slots.area);
}

/* Is something reported, by the lobby or by the wake? */
static bool is_ready(int fd, int ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, ms) == 1;
}

/* All fields are plain: the word alone passes them on. */
static void struggle(void)
{
	uint32_t serial = conn_serial(target);

	for (unsigned i = 0; i < STRUGGLES; i++) {
		if (!lobby_take(target, serial))
			continue;
		struct flow f = *conn_flow(target);
		do {
			target->number++;
			f.rx++;
		} while (i % 2 == 0 && !lobby_park(target, &f));
		if (i % 2)
			lobby_ring(target, &f);
	}
}

static struct conn *open_row(int fd, enum conn_kind kind, uint8_t wait)
{
	struct conn *c = lobby_hang(fd, kind);
	struct flow f = *conn_flow(c);

	f.wait = wait;
	ck_assert(lobby_park(c, &f));
	return c;
}

START_TEST(a_row_is_owned_by_one)
{
	struct member crew[CREW];

	target = open_row(eventfd(0, 0), CONN_CLIENT, WAIT_TURN);
	crew_start(crew, struggle);
	crew_join(crew);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_gt(target->number, 0);
	ck_assert_uint_eq(conn_flow(target)->rx, target->number);
	ck_assert_int_eq(word_state(conn_word(target)), CONN_PARKED);
}
END_TEST

START_TEST(who_finds_it_owned_leaves_a_mark)
{
	struct conn *c = lobby_hang(eventfd(0, 0), CONN_CLIENT);
	uint32_t serial = conn_serial(c);

	ck_assert_uint_eq(word_slot(conn_word(c)), MASTER);
	ck_assert(!lobby_take(c, serial));
	ck_assert(conn_word(c) & WORD_FIRED);
	ck_assert(!lobby_take(c, serial));
	ck_assert(!lobby_take(c, serial + 1));
	lobby_close(c);
	ck_assert(!lobby_take(c, serial));
	ck_assert(!lobby_take(c, serial + 1));
	ck_assert_uint_eq(conn_word(c), word_make(serial + 1, 0, CONN_FREE));
}
END_TEST

/* A duplicate keeps the closed registration in the set, as a master that
 * holds the same socket would. */
START_TEST(events_of_an_earlier_life_are_dropped)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct conn *c = open_row(pair[0], CONN_CLIENT, WAIT_CLIENT);
	int copy = dup(pair[0]);
	ck_assert(lobby_take(c, conn_serial(c)));
	lobby_close(c);
	ck_assert_ptr_eq(open_row(eventfd(0, 0), CONN_CLIENT, WAIT_TURN), c);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	ck_assert(is_ready(lobby.door, 1000));
	lobby_ring_bell();
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_null(lobby_accept());
	ck_assert_int_eq(word_state(conn_word(c)), CONN_PARKED);
	close(copy);
}
END_TEST

START_TEST(a_ring_ends_a_wait)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct conn *c = open_row(pair[0], CONN_CLIENT, WAIT_TURN);
	ck_assert(!is_ready(lobby.door, 0));
	ck_assert(lobby_take(c, conn_serial(c)));
	lobby_ring(c, conn_flow(c));
	ck_assert_int_eq(word_state(conn_word(c)), CONN_PARKED);
	ck_assert_ptr_eq(lobby_accept(), c);
	ck_assert_uint_eq(conn_flow(c)->wait, WAIT_TURN);
	ck_assert(!is_ready(lobby.door, 0));
}
END_TEST

static struct conn *open_bound(int fd, struct conn *c)
{
	struct conn *peer = lobby_hang(fd, CONN_BACKEND);

	atomic_store(&peer->binding, binding_make(lobby_row(c),
	    conn_serial(c)));
	atomic_store(&peer->word, word_make(conn_serial(peer), 0, CONN_BOUND));
	return peer;
}

START_TEST(a_backend_s_event_is_its_client_s)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct conn *c = lobby_hang(eventfd(0, 0), CONN_CLIENT);
	struct conn *peer = open_bound(pair[0], c);
	struct flow f = *conn_flow(c);
	f.wait = WAIT_BACKEND;
	f.peer = (int32_t)lobby_row(peer);
	ck_assert(lobby_park(c, &f));
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	ck_assert_ptr_eq(lobby_accept(), c);
	ck_assert(lobby_park(c, &f));
	/* bound to an earlier life of the row: nobody's */
	atomic_store(&peer->binding, binding_make(lobby_row(c),
	    conn_serial(c) - 1));
	ck_assert(is_ready(lobby.door, 1000));
	lobby_ring_bell();
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_null(lobby_accept());
	ck_assert_int_eq(word_state(conn_word(c)), CONN_PARKED);
}
END_TEST

START_TEST(an_earlier_deadline_wakes)
{
	struct conn *c = open_row(eventfd(0, 0), CONN_CLIENT, WAIT_TURN);
	struct flow f = *conn_flow(c);

	atomic_store(&lobby.head->wakes_at, 5000);
	for (f.deadline = 5000; f.deadline > 4998; f.deadline--) {
		ck_assert(!is_ready(lobby.wake, 0));
		ck_assert(lobby_take(c, conn_serial(c)));
		ck_assert(lobby_park(c, &f));
		ck_assert_uint_eq(lobby.due[lobby_row(c)], f.deadline);
	}
	ck_assert(is_ready(lobby.wake, 0));
	ck_assert(lobby_take(c, conn_serial(c)));
	lobby_close(c);
	ck_assert_uint_eq(lobby.due[lobby_row(c)], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lobby");
	TCase *tc = tcase_create("lobby");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_row_is_owned_by_one);
	tcase_add_test(tc, who_finds_it_owned_leaves_a_mark);
	tcase_add_test(tc, events_of_an_earlier_life_are_dropped);
	tcase_add_test(tc, a_ring_ends_a_wait);
	tcase_add_test(tc, a_backend_s_event_is_its_client_s);
	tcase_add_test(tc, an_earlier_deadline_wakes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
