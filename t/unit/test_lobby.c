/* SPDX-License-Identifier: BSD-2-Clause */
/* The lobby between threads: no event is lost, no row is had by two. */
/* links: shm net http conf base */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crew.h" /* pthread_create: tsan runs this test */
#include "shm/lobby.h"

#define ROWS 256
#define VISITS 60      /* of each visitor */
#define VISITORS 6     /* connections of a client thread at a time */
#define WORDS 3        /* questions of a visit */
#define STRUGGLES 20000

static int listener;
static struct sockaddr_in at = {.sin_family = AF_INET};
static atomic_uint carried;
static unsigned in_hand[ROWS]; /* plain: only the row's owner writes */
static struct conn *target;

static void listen_at_loopback(void)
{
	socklen_t n = sizeof at;

	at.sin_port = 0;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(listener, 128), 0);
	getsockname(listener, (struct sockaddr *)&at, &n);
	lobby.listeners[0] = (struct lobby_listener){.fd = listener,
	    .index = 6};
	lobby.nlisteners = 1;
}

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
	listen_at_loopback();
	ck_assert(lobby_open());
	lobby_listeners_in();
}

static void teardown(void)
{
	area_close(&lobby.area);
	area_close(&slots.area);
}

static int visit(void)
{
	struct timeval patience = {3, 0};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	wrong += connect(fd, (struct sockaddr *)&at, sizeof at) != 0;
	return fd;
}

/* Is something reported, by the lobby or by the wake? */
static bool is_ready(int fd, int ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, ms) == 1;
}

/* Echoes what is there; false when the client has gone. */
static bool echo(struct conn *c)
{
	char word[64];
	ssize_t n;

	while ((n = recv((int)lobby_row(c), word, sizeof word,
	    MSG_DONTWAIT)) > 0)
		wrong += send((int)lobby_row(c), word, (size_t)n,
		    MSG_NOSIGNAL) != n;
	return n < 0;
}

static void carry(struct conn *c)
{
	struct flow f = *conn_flow(c);

	wrong += c->kind != CONN_CLIENT || c->listener != 6;
	do {
		atomic_fetch_add(&carried, 1);
		wrong += in_hand[lobby_row(c)]++ != 0;
		bool here = echo(c);
		wrong += --in_hand[lobby_row(c)] != 0;
		if (!here) {
			lobby_close(c);
			return;
		}
		f.wait = WAIT_CLIENT;
	} while (!lobby_park(c, &f));
}

static void work(void)
{
	struct conn *c;

	while ((c = lobby_accept()) != NULL)
		carry(c);
}

static void ask(int fd)
{
	static const char word[] = "is anybody there?";
	char answer[sizeof word];

	wrong += send(fd, word, sizeof word, MSG_NOSIGNAL) != sizeof word;
	wrong += recv(fd, answer, sizeof answer, MSG_WAITALL)
	    != sizeof answer;
}

/* The word after the first may cross the parking of the row. */
static void *visit_often(void *arg)
{
	int fd[VISITORS];

	(void)arg;
	for (unsigned i = 0; i < VISITS && !wrong; i++) {
		for (unsigned k = 0; k < VISITORS; k++)
			fd[k] = visit();
		for (unsigned word = 0; word < WORDS; word++)
			for (unsigned k = 0; k < VISITORS; k++)
				ask(fd[k]);
		for (unsigned k = 0; k < VISITORS; k++)
			close(fd[k]);
	}
	return NULL;
}

static bool comes_to_zero(_Atomic uint32_t *n)
{
	for (unsigned i = 0; i < 3000 && atomic_load(n); i++)
		clock_sleep_us(1000);
	return atomic_load(n) == 0;
}

START_TEST(every_question_is_answered)
{
	struct member crew[CREW];
	pthread_t visitor[2];

	crew_start(crew, work);
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&visitor[i], NULL, visit_often, NULL);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(visitor[i], NULL);
	ck_assert(comes_to_zero(&lobby.head->clients));
	lobby_ring_bell();
	crew_join(crew);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_ge(carried, 2 * VISITS * VISITORS);
	for (unsigned row = LOBBY_FIRST; row < ROWS; row++)
		if (lobby_get(row)->kind == CONN_CLIENT)
			ck_assert_int_eq(word_state(conn_word(lobby_get(row))),
			    CONN_FREE);
}
END_TEST

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

static void come_and_go(void)
{
	for (unsigned i = 0; i < 3000; i++) {
		atomic_fetch_add(&lobby.head->clients, 1);
		lobby_full();
		atomic_fetch_sub(&lobby.head->clients, 1);
		if (atomic_load(&lobby.head->full))
			lobby_not_full();
	}
}

/* However the last one out met somebody at the door. */
START_TEST(the_door_does_not_stay_shut)
{
	struct member crew[CREW];

	lobby.connections = 1;
	for (unsigned i = 0; i < 5; i++) {
		crew_start(crew, come_and_go);
		crew_join(crew);
		ck_assert_uint_eq(lobby.head->full, 0);
		int fd = visit();
		ck_assert(is_ready(lobby.door, 200));
		close(fd);
		close(accept(listener, NULL, NULL));
	}
}
END_TEST

START_TEST(no_more_than_there_may_be)
{
	lobby.connections = 1;
	int first = visit(), second = visit();
	struct conn *c = lobby_accept();
	struct addr from = conn_from(c);
	ck_assert_int_eq(from.sa.sa_family, AF_INET);
	ck_assert_uint_eq(from.in.sin_addr.s_addr, at.sin_addr.s_addr);
	lobby_ring_bell();
	for (unsigned i = 0; i < 4; i++)
		ck_assert_ptr_null(lobby_accept());
	ck_assert_uint_eq(lobby.head->full, 1);
	lobby_close(c);
	ck_assert_uint_eq(lobby.head->full, 0);
	for (unsigned i = 0; i < 4 && (c = lobby_accept()) == NULL; i++)
		;
	ck_assert_ptr_nonnull(c);
	close(first);
	close(second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lobby");
	TCase *tc = tcase_create("lobby");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_question_is_answered);
	tcase_add_test(tc, a_row_is_owned_by_one);
	tcase_add_test(tc, who_finds_it_owned_leaves_a_mark);
	tcase_add_test(tc, events_of_an_earlier_life_are_dropped);
	tcase_add_test(tc, a_ring_ends_a_wait);
	tcase_add_test(tc, a_backend_s_event_is_its_client_s);
	tcase_add_test(tc, an_earlier_deadline_wakes);
	tcase_add_test(tc, the_door_does_not_stay_shut);
	tcase_add_test(tc, no_more_than_there_may_be);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
