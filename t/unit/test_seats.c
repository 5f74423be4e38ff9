/* SPDX-License-Identifier: BSD-2-Clause */
/* Seats between threads: counts are exact, no connection is had by two. */
/* links: shm net http conf base */
#include "crew.h" /* pthread_create: tsan runs this test */
#include "farm.h"

#define BACKENDS 2
#define ROUNDS 10000
#define DEATHS 8
#define MOST_IDLE 2

static pthread_barrier_t barrier;
static atomic_uint opened, closed;
static atomic_uint users[FARM_ROWS];

static void setup(void)
{
	farm_plan(1, BACKENDS);
	farm_open(MASTER);
	pthread_barrier_init(&barrier, NULL, CREW + 1);
}

static struct conn *open_peer(const struct conn *c, unsigned backend)
{
	atomic_fetch_add(&opened, 1);
	return farm_peer(c, backend);
}

static void close_peer(struct conn *peer)
{
	atomic_fetch_add(&closed, 1);
	lobby_close(peer);
}

static uint32_t parked_rows(void)
{
	uint32_t n = 0;

	for (unsigned row = LOBBY_FIRST; row < lobby_top(); row++)
		n += word_state(conn_word(lobby_get(row))) == CONN_PARKED;
	return n;
}

/* Every idle connection is closed once, and then there is none. */
static void check_end(void)
{
	struct conn *peer;

	ck_assert_uint_eq(wrong, 0);
	farm_check_sums(0, parked_rows());
	ck_assert_uint_eq(opened - closed, parked_rows());
	while ((peer = seat_remove_any()) != NULL) {
		ck_assert_uint_eq(word_slot(conn_word(peer)), slot_me);
		close_peer(peer);
	}
	ck_assert_uint_eq(parked_rows(), 0);
	farm_check_sums(0, 0);
	ck_assert_uint_eq(opened, closed);
}

static void carry_one(struct conn *c, unsigned round)
{
	unsigned backend = (round / 3 + slot_me) % BACKENDS;
	struct conn *peer = farm_take(backend, c, round % 5 != 0);

	if (peer == NULL)
		peer = open_peer(c, backend);
	unsigned row = lobby_row(peer);
	wrong += atomic_fetch_add(&users[row], 1) != 0;
	wrong += !farm_is_mine(peer, c, backend) || c->holds != backend + 1;
	wrong += atomic_fetch_sub(&users[row], 1) != 1;
	if (!seat_give(c, round % 7 ? peer : NULL, MOST_IDLE, round))
		close_peer(peer);
	wrong += c->holds != 0;
}

static void carry_all(void)
{
	struct conn *c = farm_row(CONN_CLIENT);

	for (unsigned i = 0; i < ROUNDS; i++)
		carry_one(c, i);
	lobby_close(c);
}

/* As the steward: idle connections that are late, or rows run short. */
static void remove_idle(void)
{
	for (unsigned i = 0; !atomic_load(&finish); i++) {
		struct conn *peer = lobby_get(LOBBY_FIRST + i % 40);
		uint64_t w = conn_word(peer);
		if (i % 3 == 0)
			peer = seat_remove_any();
		else if (peer->kind != CONN_BACKEND
		    || word_state(w) != CONN_PARKED
		    || !seat_remove(peer, word_serial(w)))
			peer = NULL;
		if (peer == NULL)
			continue;
		wrong += word_state(conn_word(peer)) != CONN_OWNED
		    || word_slot(conn_word(peer)) != slot_me
		    || atomic_load(&users[lobby_row(peer)]) != 0;
		close_peer(peer);
	}
}

START_TEST(no_connection_is_had_by_two)
{
	struct member crew[CREW], remover;

	member_start(&remover, HELPER, remove_idle);
	crew_start(crew, carry_all);
	crew_join(crew);
	atomic_store(&finish, true);
	member_join(&remover);
	check_end();
}
END_TEST

static void hold_and_let_go(void)
{
	struct conn *c = farm_row(CONN_CLIENT);

	for (unsigned i = 0; i < 50; i++) {
		struct conn *peer = farm_take(i % BACKENDS, c, true);
		if (peer == NULL)
			peer = open_peer(c, i % BACKENDS);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		if (!seat_give(c, peer, MOST_IDLE, 0))
			close_peer(peer);
	}
	lobby_close(c);
}

START_TEST(counts_are_exact_at_any_time)
{
	struct member crew[CREW];

	crew_start(crew, hold_and_let_go);
	for (unsigned i = 0; i < 50; i++) {
		pthread_barrier_wait(&barrier);
		farm_check_sums(CREW, parked_rows());
		ck_assert_uint_eq(seats.inflight[i % BACKENDS], CREW);
		pthread_barrier_wait(&barrier);
	}
	crew_join(crew);
	check_end();
}
END_TEST

/* Ends under the lock, and what it guards is torn. */
static void die_in_the_seat(void)
{
	struct seat *s = &seats.at[0];

	wrong += lock_take(&s->lock);
	seats.inflight[0] += 70;
	s->nidle = 99;
	s->idle = FARM_ROWS - 1;
}

static void settle(unsigned slot)
{
	seats_settle_locks(slot);
	slot_free(slot);
}

START_TEST(deaths_under_load_leave_it_exact)
{
	struct member crew[CREW];

	crew_start(crew, carry_all);
	for (unsigned i = 0; i < DEATHS; i++) {
		run_and_bury(die_in_the_seat);
		settle(VICTIM);
	}
	crew_join(crew);
	check_end();
}
END_TEST

START_TEST(the_dead_hold_no_lock_once_settled)
{
	run_and_bury(die_in_the_seat);
	settle(VICTIM);
	ck_assert_uint_eq(seats.at[0].lock.word, 0);
	farm_check_sums(0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seats");
	TCase *tc = tcase_create("seats");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, farm_close);
	tcase_add_test(tc, no_connection_is_had_by_two);
	tcase_add_test(tc, counts_are_exact_at_any_time);
	tcase_add_test(tc, deaths_under_load_leave_it_exact);
	tcase_add_test(tc, the_dead_hold_no_lock_once_settled);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
