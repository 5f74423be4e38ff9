/* SPDX-License-Identifier: BSD-2-Clause */
/* Idle connections: their stack, and how it is made again from the rows. */
/* links: shm net http conf base */
#include <check.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "shm/lobby.h"
#include "shm/seats.h"
#include "shm/slot.h"

#define ROWS 256
#define BACKENDS 2
#define VICTIM 9

static void setup(void)
{
	ck_assert(slots_create());
	ck_assert(lobby_create(&lobby, ROWS));
	ck_assert(seats_create(&seats, BACKENDS, 1));
	slot_enter(1);
	lobby.connections = ROWS;
}

static void teardown(void)
{
	area_close(&seats.area);
	area_close(&lobby.area);
	area_close(&slots.area);
}

static struct conn *open_row(enum conn_kind kind)
{
	struct conn *c = lobby_hang(eventfd(0, 0), kind);

	ck_assert_ptr_nonnull(c);
	return c;
}

/* As a worker makes a connection for its client. */
static struct conn *open_peer(const struct conn *c, unsigned backend)
{
	struct conn *peer = open_row(CONN_BACKEND);

	peer->backend = backend;
	atomic_store(&peer->binding, binding_make(lobby_row(c),
	    conn_serial(c)));
	atomic_store(&peer->word, word_make(conn_serial(peer), 0, CONN_BOUND));
	return peer;
}

static bool is_mine(const struct conn *peer, const struct conn *c,
    unsigned backend)
{
	return word_state(conn_word(peer)) == CONN_BOUND
	    && atomic_load(&peer->binding) == binding_make(lobby_row(c),
	    conn_serial(c)) && peer->backend == backend;
}

static void check_sums(uint32_t inflight, uint32_t idle)
{
	uint32_t i, n;

	seats_sum(&i, &n);
	ck_assert_uint_eq(i, inflight);
	ck_assert_uint_eq(n, idle);
}

/* A process that ends under the lock; what it guards is torn. */
static void tear(unsigned backend, unsigned slot)
{
	struct seat *s = &seats.at[backend];
	unsigned me = slot_me;

	slot_enter(slot);
	ck_assert(!lock_take(&s->lock));
	s->inflight += 70;
	s->nidle = 99;
	s->idle = ROWS - 1;
	atomic_store(&slot_self->state, SLOT_DEAD);
	slot_enter(me);
}

START_TEST(a_dead_owner_s_seat_is_made_from_the_rows)
{
	struct conn *c[3], *peer[3];

	for (unsigned i = 0; i < 3; i++) {
		c[i] = open_row(CONN_CLIENT);
		ck_assert_ptr_null(seat_take(0, c[i], true));
		peer[i] = open_peer(c[i], 0);
	}
	ck_assert(seat_give(c[0], peer[0], 9, 0));
	ck_assert(seat_give(c[1], peer[1], 9, 0));
	tear(0, VICTIM);
	struct conn *got = seat_take(0, c[0], true);
	ck_assert(got == peer[0] || got == peer[1]);
	ck_assert_uint_eq(seats.at[0].inflight, 2);
	check_sums(2, 1);
	ck_assert(is_mine(got, c[0], 0));
	ck_assert(seat_take(0, c[1], true) == (got == peer[0] ? peer[1]
	    : peer[0]));
	check_sums(3, 0);
}
END_TEST

START_TEST(the_last_in_is_the_first_out)
{
	struct conn *c[3], *peer[3];

	for (unsigned i = 0; i < 3; i++) {
		c[i] = open_row(CONN_CLIENT);
		seat_take(1, c[i], true);
		peer[i] = open_peer(c[i], 1);
	}
	ck_assert(seat_give(c[0], peer[0], 2, 500));
	ck_assert(seat_give(c[2], peer[2], 2, 600));
	ck_assert(!seat_give(c[1], peer[1], 2, 700));
	ck_assert(!seat_give(c[1], NULL, 2, 700));
	ck_assert_uint_eq(lobby.due[lobby_row(peer[2])], 600);
	check_sums(0, 2);
	ck_assert_ptr_null(seat_take(0, c[0], true));
	seat_give(c[0], NULL, 2, 0);
	ck_assert_ptr_eq(seat_take(1, c[0], true), peer[2]);
	ck_assert_ptr_eq(seat_take(1, c[1], true), peer[0]);
	ck_assert_ptr_null(seat_take(1, c[2], true));
	check_sums(3, 0);
}
END_TEST

START_TEST(what_is_removed_must_be_idle_still)
{
	struct conn *c = open_row(CONN_CLIENT);

	seat_take(0, c, true);
	struct conn *peer = open_peer(c, 0);
	uint32_t serial = conn_serial(peer);
	ck_assert(!seat_remove(peer, serial));
	ck_assert(seat_give(c, peer, 1, 0));
	ck_assert(!seat_remove(peer, serial + 1));
	ck_assert(seat_remove(peer, serial));
	ck_assert(!seat_remove(peer, serial));
	lobby_close(peer);
	ck_assert(!seat_remove(peer, serial));
	check_sums(0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idle");
	TCase *tc = tcase_create("idle");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
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
