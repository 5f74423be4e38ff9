/* SPDX-License-Identifier: BSD-2-Clause */
/* Balancing: smooth turns, and weights that are exact over all threads. */
/* links: shm net http conf base */
#include "crew.h" /* pthread_create: tsan runs this test */
#include "farm.h"

#define PICKS 8001 /* of all of the crew */
#define MOST 3

static unsigned picked[CREW + 1][MOST];

static void weigh(unsigned a, unsigned b, unsigned c)
{
	farm_weigh(0, a);
	farm_weigh(1, b);
	farm_weigh(2, c);
}

static void setup(void)
{
	farm_plan(1, MOST);
	farm_open(MASTER);
}

/* excluded: those that were tried, as bits. The place is given back. */
static char pick_as(struct conn *c, unsigned excluded)
{
	uint16_t tried[MOST];
	struct pick p = {.pool = &farm_pool[0], .tried = tried};
	const struct conf_backend *b;
	struct conn *peer;

	for (uint16_t i = 0; i < MOST; i++)
		if (excluded & 1u << i)
			tried[p.ntried++] = i;
	if (seat_pick(c, &p, &b, &peer) != PICK_TAKEN)
		return '-';
	seat_give(c, NULL, 0, 0);
	return (char)('a' + b->index);
}

static char pick_but(unsigned excluded)
{
	struct conn *c = farm_row(CONN_CLIENT);
	char picked_one = pick_as(c, excluded);

	lobby_close(c);
	return picked_one;
}

static void pick_many(void)
{
	struct conn *c = farm_row(CONN_CLIENT);

	for (unsigned i = 0; i < PICKS / CREW; i++)
		picked[slot_me][pick_as(c, 0) - 'a']++;
	lobby_close(c);
}

static void check_share(unsigned i, unsigned weight)
{
	unsigned sum = 0;

	for (unsigned slot = 1; slot <= CREW; slot++)
		sum += picked[slot][i];
	ck_assert_uint_ge(sum, PICKS / 8 * weight);
	ck_assert_uint_le(sum, PICKS / 8 * weight + 1);
}

START_TEST(weights_are_exact_over_all_threads)
{
	struct member crew[CREW];

	weigh(1, 2, 5);
	crew_start(crew, pick_many);
	crew_join(crew);
	check_share(0, 1);
	check_share(1, 2);
	check_share(2, 5);
	ck_assert_uint_eq(seats.pool[0].lock.word, 0);
}
END_TEST

static void check_turns(unsigned excluded, const char *turns)
{
	for (; *turns; turns++)
		ck_assert_int_eq(pick_but(excluded), *turns);
}

START_TEST(turns_are_smooth)
{
	weigh(5, 1, 1);
	check_turns(0, "aabacaaaabacaa");
	weigh(1, 1, 1);
	check_turns(0, "abcabc");
}
END_TEST

START_TEST(who_has_no_weight_is_not_picked)
{
	weigh(0, 1, 0);
	check_turns(0, "bbb");
	check_turns(2, "-");
}
END_TEST

START_TEST(backups_come_last)
{
	weigh(1, 1, 2);
	farm[1].backup = farm[2].backup = farm_pool[0].ranked = true;
	farm_refresh();
	check_turns(0, "aaa");
	check_turns(1, "cbccbc");
	check_turns(7, "-");
}
END_TEST

START_TEST(one_backend_needs_no_turns)
{
	farm_pool[0].nbackends = 1;
	weigh(3, 0, 0);
	check_turns(0, "aaa");
	check_turns(1, "-");
	weigh(0, 0, 0);
	check_turns(0, "-");
}
END_TEST

static void die_in_the_pool(void)
{
	wrong += lock_take(&seats.pool[0].lock);
	seats.current[2] = 1000;
}

START_TEST(after_a_death_they_begin_anew)
{
	weigh(5, 1, 1);
	check_turns(0, "aab");
	run_and_bury(die_in_the_pool);
	check_turns(0, "aabacaa");
}
END_TEST

/* Nobody was waiting: who settles the slot passes the lock on. */
START_TEST(a_lock_of_the_dead_is_settled)
{
	weigh(5, 1, 1);
	check_turns(0, "aab");
	run_and_bury(die_in_the_pool);
	seats_settle_locks(VICTIM);
	slot_free(VICTIM);
	ck_assert_uint_eq(seats.pool[0].lock.word, 0);
	check_turns(0, "aabacaa");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance");
	TCase *tc = tcase_create("balance");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, farm_close);
	tcase_add_test(tc, weights_are_exact_over_all_threads);
	tcase_add_test(tc, turns_are_smooth);
	tcase_add_test(tc, who_has_no_weight_is_not_picked);
	tcase_add_test(tc, backups_come_last);
	tcase_add_test(tc, one_backend_needs_no_turns);
	tcase_add_test(tc, after_a_death_they_begin_anew);
	tcase_add_test(tc, a_lock_of_the_dead_is_settled);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
