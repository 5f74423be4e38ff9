/* SPDX-License-Identifier: BSD-2-Clause */
/* Idle connections: their stack, and how it is made again from the rows. */
/* links: shm net http conf base */
#include "farm.h"

#define BACKENDS 2
#define VICTIM 9

static void setup(void)
{
	farm_plan(1, BACKENDS);
	farm_open(1);
}

/* A process that ends under the lock; what it guards is torn. */
static void tear(unsigned backend, unsigned slot)
{
	struct seat *s = &seats.at[backend];
	unsigned me = slot_me;

	slot_enter(slot);
	ck_assert(!lock_take(&s->lock));
	seats.inflight[backend] += 70;
	s->nidle = 99;
	s->idle = FARM_ROWS - 1;
	atomic_store(&slot_self->state, SLOT_DEAD);
	slot_enter(me);
}

START_TEST(a_dead_owner_s_seat_is_made_from_the_rows)
{
	struct conn *c[3], *peer[3];

	for (unsigned i = 0; i < 3; i++) {
		c[i] = farm_row(CONN_CLIENT);
		ck_assert_ptr_null(farm_take(0, c[i], true));
		peer[i] = farm_peer(c[i], 0);
	}
	ck_assert(seat_give(c[0], peer[0], 9, 0));
	ck_assert(seat_give(c[1], peer[1], 9, 0));
	tear(0, VICTIM);
	struct conn *got = farm_take(0, c[0], true);
	ck_assert(got == peer[0] || got == peer[1]);
	ck_assert_uint_eq(seats.inflight[0], 2);
	farm_check_sums(2, 1);
	ck_assert(farm_is_mine(got, c[0], 0));
	ck_assert(farm_take(0, c[1], true) == (got == peer[0] ? peer[1]
	    : peer[0]));
	farm_check_sums(3, 0);
}
END_TEST

START_TEST(the_last_in_is_the_first_out)
{
	struct conn *c[3], *peer[3];

	for (unsigned i = 0; i < 3; i++) {
		c[i] = farm_row(CONN_CLIENT);
		farm_take(1, c[i], true);
		peer[i] = farm_peer(c[i], 1);
	}
	ck_assert(seat_give(c[0], peer[0], 2, 500));
	ck_assert(seat_give(c[2], peer[2], 2, 600));
	ck_assert(!seat_give(c[1], peer[1], 2, 700));
	ck_assert(!seat_give(c[1], NULL, 2, 700));
	ck_assert_uint_eq(lobby.due[lobby_row(peer[2])], 600);
	farm_check_sums(0, 2);
	ck_assert_ptr_null(farm_take(0, c[0], true));
	seat_give(c[0], NULL, 2, 0);
	ck_assert_ptr_eq(farm_take(1, c[0], true), peer[2]);
	ck_assert_ptr_eq(farm_take(1, c[1], true), peer[0]);
	ck_assert_ptr_null(farm_take(1, c[2], true));
	farm_check_sums(3, 0);
}
END_TEST

START_TEST(what_is_removed_must_be_idle_still)
{
	struct conn *c = farm_row(CONN_CLIENT);

	farm_take(0, c, true);
	struct conn *peer = farm_peer(c, 0);
	uint32_t serial = conn_serial(peer);
	ck_assert(!seat_remove(peer, serial));
	ck_assert(seat_give(c, peer, 1, 0));
	ck_assert(!seat_remove(peer, serial + 1));
	ck_assert(seat_remove(peer, serial));
	ck_assert(!seat_remove(peer, serial));
	lobby_close(peer);
	ck_assert(!seat_remove(peer, serial));
	farm_check_sums(0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idle");
	TCase *tc = tcase_create("idle");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, farm_close);
	tcase_add_test(tc, a_dead_owner_s_seat_is_made_from_the_rows);
	tcase_add_test(tc, the_last_in_is_the_first_out);
	tcase_add_test(tc, what_is_removed_must_be_idle_still);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
