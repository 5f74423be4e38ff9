/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing: by connections, by time, by chance, by hash; ranks and limits. */
/* links: shm net http conf base */
#include "base/hash.h"
#include "crew.h" /* pthread_create: tsan runs this test */
#include "farm.h"

#define HELD 48 /* a multiple of all that is counted by */
#define KEYS 2000
#define POINTS 160

static struct conn *held[FARM_ROWS];
static unsigned nheld;

static struct conf_point points[10 * POINTS];

static int by_place(const void *a, const void *b)
{
	const struct conf_point *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* A circle with as many points of each. */
static void build_circle(unsigned n)
{
	uint32_t state = 4711;

	ck_assert_uint_le(n, 10);
	for (unsigned i = 0; i < n * POINTS; i++)
		points[i] = (struct conf_point){random_next(&state), i % n};
	qsort(points, n * POINTS, sizeof points[0], by_place);
	farm_pool[0].points = points;
	farm_pool[0].npoints = n * POINTS;
}

static void open_farm(unsigned n, enum conf_balance balance)
{
	farm_plan(1, n);
	farm_pool[0].balance = balance;
	nheld = 0;
	if (balance == BALANCE_HASH)
		build_circle(n);
	farm_open(MASTER);
}

/* The place is kept; -1: there was none. */
static int pick_held(struct pick p)
{
	struct conn *c = farm_row(CONN_CLIENT), *peer;
	const struct conf_backend *b;

	p.pool = &farm_pool[0];
	if (seat_pick(c, &p, &b, &peer) != PICK_TAKEN) {
		lobby_close(c);
		return -1;
	}
	held[nheld++] = c;
	return (int)b->index;
}

static void give_last(void)
{
	struct conn *c = held[--nheld];

	seat_give(c, NULL, 0, 0);
	lobby_close(c);
}

static int pick_once(struct pick p)
{
	int b = pick_held(p);

	if (b >= 0)
		give_last();
	return b;
}

static void give_all(void)
{
	while (nheld)
		give_last();
}

static void check_loads(unsigned a, unsigned b, unsigned c)
{
	ck_assert_uint_eq(seats.inflight[0], a);
	ck_assert_uint_eq(seats.inflight[1], b);
	ck_assert_uint_eq(seats.inflight[2], c);
}

/* ---- least-connections ---- */

START_TEST(the_least_loaded_is_picked)
{
	open_farm(3, BALANCE_LEAST_CONNECTIONS);
	for (int i = 0; i < HELD; i++)
		pick_held((struct pick){0});
	check_loads(HELD / 3, HELD / 3, HELD / 3);
	seat_give(held[0], NULL, 0, 0);
	unsigned free = (unsigned)pick_held((struct pick){0});
	ck_assert_uint_eq(free, 0);
	check_loads(HELD / 3, HELD / 3, HELD / 3);
	give_all();
	check_loads(0, 0, 0);
}
END_TEST

START_TEST(loads_follow_weights)
{
	open_farm(3, BALANCE_LEAST_CONNECTIONS);
	farm_weigh(1, 2);
	farm_weigh(2, 5);
	for (int i = 0; i < HELD; i++)
		pick_held((struct pick){0});
	check_loads(HELD / 8, HELD / 4, HELD / 8 * 5);
}
END_TEST

START_TEST(equal_ones_take_turns)
{
	open_farm(3, BALANCE_LEAST_CONNECTIONS);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(pick_once((struct pick){0}), i % 3);
}
END_TEST

/* Above a block of the scan, at its borders and beyond. */
START_TEST(any_place_in_the_pool_is_found)
{
	static const unsigned sizes[] = {2, 31, 32, 33, 64, 100};

	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		open_farm(sizes[k], BALANCE_LEAST_CONNECTIONS);
		for (unsigned i = 0; i < sizes[k]; i++)
			atomic_store(&seats.inflight[i], 2);
		for (unsigned i = 0; i < sizes[k]; i++) {
			atomic_store(&seats.inflight[i], 1);
			ck_assert_int_eq(pick_once((struct pick){0}), (int)i);
			atomic_store(&seats.inflight[i], 2);
		}
		if (k + 1 < sizeof sizes / sizeof sizes[0])
			farm_close();
	}
}
END_TEST

static pthread_barrier_t barrier;

static void hold_one(void)
{
	struct conn *c = farm_row(CONN_CLIENT);

	for (int i = 0; i < 300; i++) {
		farm_pick(c);
		pthread_barrier_wait(&barrier);
		wrong += seats.inflight[0] != 1 || seats.inflight[1] != 1
		    || seats.inflight[2] != 1;
		pthread_barrier_wait(&barrier);
		seat_give(c, NULL, 0, 0);
		pthread_barrier_wait(&barrier);
	}
	lobby_close(c);
}

START_TEST(loads_are_exact_over_all_threads)
{
	struct member crew[CREW];

	open_farm(CREW, BALANCE_LEAST_CONNECTIONS);
	pthread_barrier_init(&barrier, NULL, CREW);
	crew_start(crew, hold_one);
	crew_join(crew);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* ---- Older families ---- */

START_TEST(what_older_families_hold_counts)
{
	struct seats older;

	open_farm(2, BALANCE_LEAST_CONNECTIONS);
	ck_assert(seats_create(&older, &farm_conf, farm_rows()));
	atomic_store(&older.inflight[1], 3);
	atomic_store(&seats.inflight[0], 2);
	seats_add_older(&seats, &older);
	ck_assert_uint_eq(seat_inflight(0), 2);
	ck_assert_uint_eq(seat_inflight(1), 3);
	ck_assert_int_eq(pick_once((struct pick){0}), 0);
	farm[0].max_connections = farm[1].max_connections = 2;
	farm_pool[0].limited = true;
	farm_refresh();
	ck_assert_int_eq(pick_once((struct pick){0}), -1);
	/* they may be read only */
	mprotect(older.area.at, older.area.size, PROT_READ | PROT_WRITE);
	atomic_store(&older.head->over, 1);
	ck_assert_uint_eq(seat_inflight(1), 0);
	ck_assert_int_eq(pick_once((struct pick){0}), 1);
	ck_assert_uint_eq(seats.nolder, 0);
	seats_free(&older);
}
END_TEST

/* ---- least-time ---- */

START_TEST(who_answers_sooner_gets_more)
{
	open_farm(3, BALANCE_LEAST_TIME);
	seats.latency[0] = 1000;
	seats.latency[1] = 4000;
	seats.latency[2] = 1000;
	farm_weigh(2, 2);
	for (int i = 0; i < 13; i++)
		pick_held((struct pick){0});
	check_loads(4, 1, 8);
}
END_TEST

START_TEST(who_has_not_answered_is_taken_for_average)
{
	open_farm(3, BALANCE_LEAST_TIME);
	seats.latency[0] = 1000;
	seats.latency[1] = 3000;
	for (int i = 0; i < 11; i++)
		pick_held((struct pick){0});
	check_loads(6, 2, 3);
	give_all();
	seats.latency[0] = seats.latency[1] = 0;
	for (int i = 0; i < 9; i++)
		pick_held((struct pick){0});
	check_loads(3, 3, 3);
}
END_TEST

/* ---- random ---- */

START_TEST(chance_follows_weights)
{
	unsigned count[3] = {0};

	open_farm(3, BALANCE_RANDOM);
	farm_weigh(1, 2);
	farm_weigh(2, 5);
	for (int i = 0; i < 8000; i++)
		count[pick_once((struct pick){0})]++;
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_ge(count[i], farm[i].weight * 800);
		ck_assert_uint_le(count[i], farm[i].weight * 1200);
	}
}
END_TEST

START_TEST(of_two_the_less_loaded_one)
{
	open_farm(10, BALANCE_RANDOM);
	for (int i = 0; i < 200; i++)
		pick_held((struct pick){0});
	for (int i = 0; i < 10; i++) {
		ck_assert_uint_ge(seats.inflight[i], 15);
		ck_assert_uint_le(seats.inflight[i], 25);
	}
	give_all();
	for (int i = 1; i < 10; i++)
		farm_weigh((unsigned)i, 0);
	ck_assert_int_eq(pick_once((struct pick){0}), 0);
}
END_TEST

/* ---- hash ---- */

static struct pick key(unsigned n)
{
	static const uint64_t zero[2];

	return (struct pick){.hashed = true, .hash = hash_slice(zero,
	    slice_make((const char *)&n, sizeof n))};
}

START_TEST(a_key_has_its_backend)
{
	int before[KEYS];
	unsigned moved = 0;

	open_farm(10, BALANCE_HASH);
	for (unsigned i = 0; i < KEYS; i++)
		before[i] = pick_once(key(i));
	atomic_store(&board_of(&farm[3])->health, HEALTH_DOWN);
	farm_refresh();
	for (unsigned i = 0; i < KEYS; i++) {
		int b = pick_once(key(i));
		ck_assert_int_ne(b, 3);
		if (before[i] == 3)
			moved++;
		else
			ck_assert_int_eq(b, before[i]);
	}
	ck_assert_uint_ge(moved, KEYS / 20);
	ck_assert_uint_le(moved, KEYS / 5);
}
END_TEST

START_TEST(no_key_is_too_much_for_its_backend)
{
	open_farm(10, BALANCE_HASH);
	for (unsigned n = 1; n <= 100; n++) {
		pick_held(key(7));
		for (unsigned i = 0; i < 10; i++)
			ck_assert_uint_le(seats.inflight[i], n / 8 + 1);
	}
	int first = pick_once(key(7));
	give_all();
	ck_assert_int_eq(pick_once(key(7)), pick_once(key(7)));
	ck_assert_int_ge(first, 0);
}
END_TEST

START_TEST(without_a_key_in_turn)
{
	open_farm(3, BALANCE_HASH);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(pick_once((struct pick){0}), i % 3);
}
END_TEST

/* ---- Who may be picked ---- */

static enum pick_result result_of(struct pick p)
{
	struct conn *c = farm_row(CONN_CLIENT), *peer;
	const struct conf_backend *b;

	p.pool = &farm_pool[0];
	enum pick_result result = seat_pick(c, &p, &b, &peer);
	seat_give(c, NULL, 0, 0);
	lobby_close(c);
	return result;
}

START_TEST(results_say_why)
{
	static const uint16_t both[] = {0, 1};

	open_farm(2, BALANCE_ROUND_ROBIN);
	farm[0].max_connections = 1;
	farm_pool[0].limited = true;
	farm_refresh();
	ck_assert_int_eq(result_of((struct pick){.tried = both,
	    .ntried = 2}), PICK_NONE);
	farm_weigh(1, 0);
	ck_assert_int_eq(pick_held((struct pick){0}), 0);
	ck_assert_int_eq(result_of((struct pick){0}), PICK_FULL);
	/* whoever has its cookie may, whatever its weight */
	ck_assert_int_eq(pick_once((struct pick){.wanted = &farm[1]}), 1);
	atomic_store(&board_of(&farm[0])->order, ORDER_DRAIN);
	farm_refresh();
	ck_assert_int_eq(result_of((struct pick){0}), PICK_NONE);
}
END_TEST

START_TEST(when_none_is_up_any_may_be_tried)
{
	open_farm(3, BALANCE_ROUND_ROBIN);
	for (int i = 0; i < 3; i++)
		atomic_store(&board_of(&farm[i])->health, HEALTH_DOWN);
	atomic_store(&board_of(&farm[1])->order, ORDER_DOWN);
	farm_refresh();
	ck_assert_int_eq(result_of((struct pick){0}), PICK_NONE);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pick_once((struct pick){.any = true}),
		    i % 2 * 2);
	atomic_store(&board_of(&farm[2])->health, HEALTH_UP);
	farm_refresh();
	ck_assert_int_eq(pick_once((struct pick){.any = true}), 2);
}
END_TEST

START_TEST(priorities_are_ranks)
{
	open_farm(4, BALANCE_ROUND_ROBIN);
	farm_pool[0].ranked = true;
	for (unsigned i = 0; i < 3; i++) {
		farm[i].srv = true;
		atomic_store(&board_of(&farm[i])->srv_priority, 30 - i * 10);
	}
	farm[3].backup = true;
	farm_refresh();
	for (int i = 2; i >= 0; i--) {
		ck_assert_int_eq(pick_once((struct pick){0}), i);
		atomic_store(&board_of(&farm[i])->health, HEALTH_DOWN);
		farm_refresh();
	}
	ck_assert_int_eq(pick_once((struct pick){0}), 3);
}
END_TEST

START_TEST(who_is_full_hands_over_to_the_next_rank)
{
	open_farm(3, BALANCE_ROUND_ROBIN);
	farm_pool[0].ranked = farm_pool[0].limited = true;
	farm[0].max_connections = farm[1].max_connections = 1;
	farm[1].backup = farm[2].backup = true;
	farm_refresh();
	ck_assert_int_eq(pick_held((struct pick){0}), 0);
	ck_assert_int_eq(pick_held((struct pick){0}), 1);
	ck_assert_int_eq(pick_held((struct pick){0}), 2);
	ck_assert_int_eq(pick_held((struct pick){0}), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("choose");
	TCase *tc = tcase_create("choose");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, NULL, farm_close);
	tcase_add_test(tc, the_least_loaded_is_picked);
	tcase_add_test(tc, loads_follow_weights);
	tcase_add_test(tc, equal_ones_take_turns);
	tcase_add_test(tc, any_place_in_the_pool_is_found);
	tcase_add_test(tc, loads_are_exact_over_all_threads);
	tcase_add_test(tc, what_older_families_hold_counts);
	tcase_add_test(tc, who_answers_sooner_gets_more);
	tcase_add_test(tc, who_has_not_answered_is_taken_for_average);
	tcase_add_test(tc, chance_follows_weights);
	tcase_add_test(tc, of_two_the_less_loaded_one);
	tcase_add_test(tc, a_key_has_its_backend);
	tcase_add_test(tc, no_key_is_too_much_for_its_backend);
	tcase_add_test(tc, without_a_key_in_turn);
	tcase_add_test(tc, results_say_why);
	tcase_add_test(tc, when_none_is_up_any_may_be_tried);
	tcase_add_test(tc, priorities_are_ranks);
	tcase_add_test(tc, who_is_full_hands_over_to_the_next_rank);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
