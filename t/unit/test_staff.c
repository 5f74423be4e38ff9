/* SPDX-License-Identifier: BSD-2-Clause */
/* Staff: who is held, who spins, who may leave; with a clock of the test's. */
/* links: steward shm net http conf base */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "steward/staff.h"
#include "steward/state.h"

#define GENERATION 7
#define MIN 2
#define MOST 4
#define NOW 1000000 /* where the clock begins */

static struct lobby_head head;
static pid_t pids[SLOTS];

static void silence(enum log_level level, const char *line, size_t n)
{
	(void)line;
	ck_assert(level <= LOG_LEVEL_DEBUG && n > 0);
}

/* A process that waits, or uses the CPU, in a slot as a worker of ours. */
static void hire(unsigned n, bool busy)
{
	struct slot *s = &slots.at[n];

	pids[n] = fork();
	for (volatile unsigned turns = 0; pids[n] == 0 && busy; turns++)
		;
	while (pids[n] == 0)
		pause();
	for (int i = 0; i < 500 && !busy
	    && !state_is_asleep(state_of(pids[n])); i++)
		clock_sleep_us(10000);
	s->pid = pids[n];
	s->role = SLOT_WORKER;
	s->number = n;
	s->generation = GENERATION;
	s->state = SLOT_LIVE;
}

static void setup(void)
{
	log_to(silence);
	ck_assert(slots_create());
	slots.at[1].generation = GENERATION;
	slot_enter(1);
	memset(&head, 0, sizeof head);
	memset(pids, 0, sizeof pids);
	lobby.head = &head;
	lobby.bell = eventfd(0, EFD_NONBLOCK);
	lobby.report = eventfd(0, EFD_NONBLOCK);
	staff_init(MIN, MOST);
}

static void teardown(void)
{
	for (unsigned n = 0; n < SLOTS; n++)
		if (pids[n] > 0) {
			kill(pids[n], SIGKILL);
			waitpid(pids[n], NULL, 0);
		}
	close(lobby.bell);
	close(lobby.report);
	area_close(&slots.area);
}

/* How often it was written to since it was asked last. */
static uint64_t rings(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof n) == sizeof n ? n : 0;
}

START_TEST(nobody_is_held_who_waits)
{
	hire(2, false);
	hire(3, false);
	ck_assert_uint_eq(staff_look(NOW), NOW + 1000);
	ck_assert_uint_eq(head.wanted, MIN);
	ck_assert_uint_eq(rings(lobby.report), 1);
	staff_look(NOW + 1000);
	ck_assert_uint_eq(head.wanted, MIN);
	ck_assert_uint_eq(rings(lobby.report), 0);
}
END_TEST

START_TEST(who_sleeps_in_a_stride_is_held)
{
	hire(2, false);
	hire(3, false);
	slots.at[2].stride_at = NOW - 9;
	staff_look(NOW); /* 9 ms are none */
	ck_assert_uint_eq(head.wanted, MIN);
	uint64_t next = staff_look(NOW + 1000);
	ck_assert_uint_lt(next, NOW + 1051);
	ck_assert_uint_eq(head.wanted, MIN); /* seen once is not enough */
	staff_look(next);
	ck_assert_uint_eq(head.wanted, MIN + 1);
	slots.at[3].stride_at = NOW + 1;
	staff_look(next + 25);
	staff_look(next + 50);
	ck_assert_uint_eq(head.wanted, MIN + 2);
	slots.at[2].stride_at = NOW + 1100; /* the next one */
	slots.at[3].stride_at = 0;
	staff_look(next + 75);
	ck_assert_uint_eq(head.wanted, MIN);
}
END_TEST

START_TEST(there_are_no_more_than_max)
{
	for (unsigned n = 2; n < 6; n++) {
		hire(n, false);
		slots.at[n].stride_at = NOW - 100;
	}
	staff_look(NOW);
	staff_look(NOW + 25);
	ck_assert_uint_eq(head.wanted, MOST);
}
END_TEST

START_TEST(who_needs_the_cpu_is_not_held)
{
	hire(2, true);
	hire(3, true);
	slots.at[2].stride_at = slots.at[3].stride_at = NOW - 100;
	for (unsigned i = 0; i < 40; i++)
		staff_look(NOW + 25 * i);
	ck_assert_uint_eq(head.wanted, MIN);
}
END_TEST

START_TEST(who_is_stopped_is_held_wherever_he_is)
{
	hire(2, true);
	kill(pids[2], SIGSTOP);
	for (int i = 0; i < 500 && !state_is_stopped(state_of(pids[2])); i++)
		clock_sleep_us(10000);
	staff_look(NOW);
	ck_assert_uint_eq(head.wanted, MIN + 1);
	kill(pids[2], SIGCONT);
	for (int i = 0; i < 500 && state_is_stopped(state_of(pids[2])); i++)
		clock_sleep_us(10000);
	staff_look(NOW + 25);
	ck_assert_uint_eq(head.wanted, MIN);
}
END_TEST

START_TEST(others_do_not_count)
{
	for (unsigned n = 2; n < 5; n++) {
		hire(n, false);
		slots.at[n].stride_at = NOW - 100;
	}
	slots.at[2].generation = GENERATION + 1;
	slots.at[3].role = SLOT_HEIR;
	slots.at[4].state = SLOT_DEAD;
	staff_look(NOW);
	staff_look(NOW + 25);
	ck_assert_uint_eq(head.wanted, MIN);
}
END_TEST

/* Looks until the busy one has used more than a second. */
static uint64_t look_while_it_works(uint64_t now, unsigned n)
{
	uint64_t before = state_cpu_us(pids[n]);

	for (int i = 0; i < 2000 && state_cpu_us(pids[n]) < before + 1100000;
	    i++)
		clock_sleep_us(10000);
	staff_look(now);
	return now;
}

START_TEST(who_spins_gets_a_verdict)
{
	hire(2, true);
	hire(3, false);
	slots.at[2].stride_at = slots.at[3].stride_at = NOW;
	staff_look(NOW + 20);
	look_while_it_works(NOW + 4900, 2);
	ck_assert_uint_eq(slots.at[2].verdict, 0);
	rings(lobby.report);
	staff_look(NOW + 5100);
	ck_assert_uint_eq(slots.at[2].verdict, SIGABRT);
	ck_assert_uint_eq(rings(lobby.report), 1);
	ck_assert_uint_eq(slots.at[3].verdict, 0); /* it sleeps */
	slots.at[2].verdict = 0;
	staff_look(NOW + 6000);
	ck_assert_uint_eq(slots.at[2].verdict, 0);
	staff_look(NOW + 6200);
	ck_assert_uint_eq(slots.at[2].verdict, SIGKILL);
	slots.at[2].verdict = 0;
	slots.at[2].stride_at = NOW + 6300;
	staff_look(NOW + 6400);
	staff_look(NOW + 11400);
	ck_assert_uint_eq(slots.at[2].verdict, 0); /* another stride */
}
END_TEST

/* It was reaped, and its slot does not say so yet. */
START_TEST(who_is_gone_does_not_spin)
{
	hire(2, true);
	for (int i = 0; i < 500 && state_cpu_us(pids[2]) == 0; i++)
		clock_sleep_us(10000);
	slots.at[2].stride_at = NOW;
	staff_look(NOW + 20);
	kill(pids[2], SIGKILL);
	waitpid(pids[2], NULL, 0);
	pids[2] = 0;
	staff_look(NOW + 6000);
	ck_assert_uint_eq(slots.at[2].verdict, 0);
}
END_TEST

START_TEST(the_surplus_leaves_one_by_one)
{
	for (unsigned n = 2; n < 6; n++)
		hire(n, false);
	staff_look(NOW);
	staff_look(NOW + 9900);
	ck_assert_uint_eq(head.leave, 0);
	staff_look(NOW + 10000);
	ck_assert_uint_eq(head.leave, 1);
	ck_assert_uint_eq(rings(lobby.bell), 1);
	head.leave = 0; /* taken */
	slots.at[2].state = SLOT_DEAD;
	staff_look(NOW + 10500);
	ck_assert_uint_eq(head.leave, 0);
	staff_look(NOW + 11000);
	ck_assert_uint_eq(head.leave, 1);
	slots.at[3].state = SLOT_DEAD; /* killed: it took none */
	staff_look(NOW + 12000);
	ck_assert_uint_eq(head.leave, 0);
	ck_assert_uint_eq(head.wanted, MIN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("staff");
	TCase *t = tcase_create("all");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 40);
	tcase_add_test(t, nobody_is_held_who_waits);
	tcase_add_test(t, who_sleeps_in_a_stride_is_held);
	tcase_add_test(t, there_are_no_more_than_max);
	tcase_add_test(t, who_needs_the_cpu_is_not_held);
	tcase_add_test(t, who_is_stopped_is_held_wherever_he_is);
	tcase_add_test(t, others_do_not_count);
	tcase_add_test(t, who_spins_gets_a_verdict);
	tcase_add_test(t, who_is_gone_does_not_spin);
	tcase_add_test(t, the_surplus_leaves_one_by_one);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
