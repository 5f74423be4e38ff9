/* SPDX-License-Identifier: BSD-2-Clause */
/* Shifts of gates: how they follow each other, with gates that do nothing. */
/* links: master shm net http conf base */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "master/gates.h"
#include "master/reap.h"
#include "master/wires.h"
#include "roles.h"

enum manner { GOOD, BAD, DEAF };

static enum manner manner; /* of gates that are made from now on */
static struct conf_listener listener = {.name = "a", .tls.on = true};
static struct conf_backend backend = {.name = "b", .pool_name = "p"};
static struct conf_pool pool = {.name = "p", .backends = &backend,
	.nbackends = 1};
static struct conf conf = {.gates = 2, .listeners = &listener,
	.nlisteners = 1, .pools = &pool, .npools = 1, .nbackends = 1};
static struct generation *g;

static void be_gate(unsigned n, const struct gate_task *t)
{
	struct pollfd p = {t->retire, POLLIN, 0};

	if (manner == BAD)
		_exit(EXIT_FAILED);
	if (t->lobby->arrivals[1] < 0 || t->lobby->calls[0] < 0
	    || t->lobby->arrivals[0] >= 0 || t->lobby->report >= 0)
		_exit(EXIT_FAILED);
	slot_enter(n);
	/* what it lets in is told by its trace */
	slot_self->trace[0] = t->lobby->ngated ? 'c' : 'b';
	while (manner == DEAF || poll(&p, 1, -1) <= 0)
		pause();
	_exit(EXIT_RETIRED);
}

static const struct master_task task = {.gate = be_gate};

static void keep_quiet(enum log_level level, const char *line, size_t n)
{
	(void)level;
	(void)line;
	(void)n;
}

static void setup(void)
{
	log_to(keep_quiet);
	ck_assert(slots_create());
	g = &generations[0];
	*g = (struct generation){.state = GEN_RUNNING, .number = 7,
	    .conf = &conf};
	wires_init(&g->lobby);
	ck_assert(lobby_create(&g->lobby, 64));
	ck_assert(wires_open(&g->lobby));
	g->lobby.order = eventfd(0, EFD_NONBLOCK);
	g->lobby.bell = g->lobby.report = eventfd(0, EFD_NONBLOCK);
	g->lobby.ngated = 1;
	g->lobby.gated[0].fd = -1;
	manner = GOOD;
	backend.tls = false;
}

static void teardown(void)
{
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].pid > 0)
			kill(children[n].pid, SIGKILL);
}

static unsigned live(const struct shift *s)
{
	unsigned found = 0;

	for (unsigned n = 1; n < SLOTS; n++)
		found += children[n].role == SLOT_GATE
		    && children[n].shift == s->number
		    && atomic_load(&slots.at[n].state) == SLOT_LIVE;
	return found;
}

static unsigned all(void)
{
	return spawn_count(7, SLOT_GATE);
}

static void turn(void)
{
	bool logger_died = false;

	reap_all(&logger_died);
	gates_look();
	usleep(2000);
}

#define UNTIL(cond)                                                            \
	do {                                                                   \
		for (int turns = 0; turns < 3000 && !(cond); turns++)          \
			turn();                                                \
		ck_assert_msg(cond, "%s never came", #cond);                   \
	} while (0)

static void start(void)
{
	ck_assert(gates_start(&task, g));
	UNTIL(gates_are_ready(g));
	ck_assert_uint_eq(all(), 2);
	ck_assert_uint_eq(g->lobby.head->gates, 2);
}

START_TEST(who_is_killed_is_followed_at_once)
{
	start();
	unsigned n = spawn_find(7, SLOT_GATE);
	pid_t pid = children[n].pid;
	kill(pid, SIGKILL);
	UNTIL(spawn_slot_of(pid) == 0);
	UNTIL(gates_are_ready(g));
	ck_assert_uint_eq(all(), 2);
	ck_assert_uint_eq(g->lobby.head->gates_died, 1);
}
END_TEST

START_TEST(who_dies_young_is_waited_for)
{
	start();
	manner = BAD;
	unsigned n = spawn_find(7, SLOT_GATE);
	kill(children[n].pid, SIGKILL);
	UNTIL(g->gates_young.deaths == 1);
	ck_assert_uint_eq(live(&g->gates), 1);
	ck_assert_uint_eq(g->young.deaths, 0);
	manner = GOOD;
	UNTIL(gates_are_ready(g));
}
END_TEST

START_TEST(a_renewal_ends_the_old_ones)
{
	start();
	unsigned old = g->gates.number;
	gates_renew(g);
	ck_assert_int_eq(g->renewal, RENEWAL_STARTS);
	UNTIL(g->renewal != RENEWAL_STARTS);
	ck_assert_int_eq(g->renewal, RENEWAL_FINE);
	ck_assert_uint_ne(g->gates.number, old);
	ck_assert_uint_eq(live(&g->gates), 2);
	UNTIL(all() == 2);
	ck_assert_uint_eq(g->lobby.head->gates, 2);
	ck_assert_uint_eq(g->lobby.head->gates_died, 0);
}
END_TEST

START_TEST(a_renewal_that_fails_changes_nothing)
{
	start();
	unsigned old = g->gates.number;
	manner = BAD;
	gates_renew(g);
	UNTIL(g->renewal != RENEWAL_STARTS);
	ck_assert_int_eq(g->renewal, RENEWAL_FAILED);
	UNTIL(all() == 2);
	ck_assert_uint_eq(g->gates.number, old);
	ck_assert_uint_eq(live(&g->gates), 2);
	manner = GOOD;
	gates_renew(g);
	UNTIL(g->renewal == RENEWAL_FINE);
}
END_TEST

START_TEST(a_renewal_survives_a_kill)
{
	start();
	gates_renew(g);
	for (unsigned n = 1; n < SLOTS; n++)
		if (children[n].role == SLOT_GATE
		    && children[n].shift == g->relief.number) {
			kill(children[n].pid, SIGKILL);
			break;
		}
	UNTIL(g->renewal == RENEWAL_FINE);
	UNTIL(all() == 2 && live(&g->gates) == 2);
}
END_TEST

START_TEST(a_generation_that_drains_lets_nobody_in)
{
	start();
	gates_renew(g);
	gates_drain(g);
	gates_drain(g);
	UNTIL(all() == 0);
	ck_assert_uint_eq(g->lobby.head->gates, 0);
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(all(), 0);
}
END_TEST

START_TEST(who_calls_backends_is_answered_to_the_end)
{
	start();
	backend.tls = true;
	g->state = GEN_DRAINING;
	gates_drain(g);
	UNTIL(all() == 1 && live(&g->gates) == 1);
	ck_assert_uint_eq(g->lobby.head->gates, 0);
	unsigned n = spawn_find(7, SLOT_GATE);
	ck_assert_int_eq(slots.at[n].trace[0], 'b');
	kill(children[n].pid, SIGKILL);
	UNTIL(g->lobby.head->gates_died == 1);
	UNTIL(all() == 1 && live(&g->gates) == 1);
	gates_drain(g);
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(live(&g->gates), 1);
}
END_TEST

START_TEST(who_does_not_retire_is_killed)
{
	manner = DEAF;
	start();
	gates_drain(g);
	UNTIL(all() == 0);
	ck_assert_uint_eq(g->lobby.head->gates, 0);
}
END_TEST

START_TEST(without_tls_there_are_none)
{
	listener.tls.on = false;
	ck_assert(gates_start(&task, g));
	ck_assert(gates_are_ready(g));
	for (int i = 0; i < 10; i++)
		turn();
	ck_assert_uint_eq(all(), 0);
	gates_drain(g);
	ck_assert_uint_eq(all(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gates");
	TCase *tc = tcase_create("gates");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_is_killed_is_followed_at_once);
	tcase_add_test(tc, who_dies_young_is_waited_for);
	tcase_add_test(tc, a_renewal_ends_the_old_ones);
	tcase_add_test(tc, a_renewal_that_fails_changes_nothing);
	tcase_add_test(tc, a_renewal_survives_a_kill);
	tcase_add_test(tc, a_generation_that_drains_lets_nobody_in);
	tcase_add_test(tc, who_calls_backends_is_answered_to_the_end);
	tcase_add_test(tc, who_does_not_retire_is_killed);
	tcase_add_test(tc, without_tls_there_are_none);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
