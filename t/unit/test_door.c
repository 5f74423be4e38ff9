/* SPDX-License-Identifier: BSD-2-Clause */
/* The door: who comes in is served by one, and it does not stay shut. */
/* links: shm net http conf base */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crew.h" /* pthread_create: tsan runs this test */
#include "shm/lobby.h"

#define ROWS 256
#define VISITS 120     /* of each visitor */
#define VISITORS 6     /* connections of a client thread at a time */
#define WORDS 3        /* questions of a visit */
#define MEETINGS 1000

static int listener;
static struct sockaddr_in at = {.sin_family = AF_INET};
static atomic_uint carried;
static unsigned in_hand[ROWS]; /* plain: only the row's owner writes */
static pthread_barrier_t barrier;

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

static bool is_listening(void)
{
	struct epoll_event ev = {.events = EPOLLIN,
	    .data.u64 = (uint64_t)CONN_LISTENER << 24};

	return epoll_ctl(lobby.door, EPOLL_CTL_MOD, listener, &ev) == 0;
}

static void shut_the_door(void)
{
	for (unsigned i = 0; i < MEETINGS; i++) {
		pthread_barrier_wait(&barrier);
		lobby_full();
		pthread_barrier_wait(&barrier);
	}
}

/* The last one goes out while somebody shuts the door. */
START_TEST(the_door_does_not_stay_shut)
{
	struct member one;

	lobby.connections = 1;
	pthread_barrier_init(&barrier, NULL, 2);
	member_start(&one, 1, shut_the_door);
	for (unsigned i = 0; i < MEETINGS; i++) {
		atomic_store(&lobby.head->clients, 1);
		pthread_barrier_wait(&barrier);
		while (!atomic_load(&lobby.head->full))
			;
		atomic_fetch_sub(&lobby.head->clients, 1);
		lobby_not_full();
		pthread_barrier_wait(&barrier);
		ck_assert_uint_eq(lobby.head->full, 0);
		ck_assert(is_listening());
	}
	member_join(&one);
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
	Suite *suite = suite_create("door");
	TCase *tc = tcase_create("door");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_question_is_answered);
	tcase_add_test(tc, the_door_does_not_stay_shut);
	tcase_add_test(tc, no_more_than_there_may_be);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
