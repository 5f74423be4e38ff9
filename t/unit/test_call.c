/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to gates, and arrivals of backends: to whom each connection goes. */
/* links: shm net http conf base */
#include "crew.h" /* pthread_create: tsan runs this test */
#include "farm.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "shm/call.h"

#define OTHER 9 /* a slot that somebody else has */
#define ROUNDS 1000

static struct conn *c;
static struct flow f;

static void setup(void)
{
	farm_plan(2, 1);
	for (unsigned i = 0; i < 2; i++) {
		farm[i].tls = true;
		farm[i].host = SLICE("b.test");
		farm_pool[i].idle_connections = 2;
		farm_pool[i].timeouts.idle = 1000;
	}
	farm_open(MASTER);
	farm_open_door();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
	    0, lobby.calls), 0);
	c = farm_row(CONN_CLIENT);
	farm_take(0, c, false);
	conn_copy_flow(&f, conn_flow(c));
	f.wait = WAIT_TURN;
	f.called = call_number(c);
}

static struct arrival arrival_of(enum arrival_kind kind)
{
	struct arrival a = {.kind = kind, .row = lobby_row(c),
		.serial = conn_serial(c), .number = f.called, .rx = 5,
		.tx = 6, .rseq = 7, .wseq = 8};

	a.session.nserver = 6;
	memcpy(a.session.server, "a.test", 6);
	snprintf(a.why, sizeof a.why, "it was so");
	return a;
}

/* In our hands, as arrive() leaves it. */
static struct conn *arrive_as(const struct arrival *a, int fd)
{
	lobby.hands[slot_me] = *a;
	note_take(NOTE_ACCEPT, 0, 0);
	return arrive_backend(&lobby.hands[slot_me], fd);
}

static int socket_of(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_gt(fd, 2);
	return fd;
}

START_TEST(who_waits_gets_it_at_once)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);
	int fd = socket_of();

	ck_assert(lobby_park(c, &f));
	ck_assert_ptr_eq(arrive_as(&a, fd), c);
	ck_assert_int_eq(conn_flow(c)->peer, fd);
	ck_assert_uint_eq(conn_flow(c)->called, 0);
	ck_assert_uint_eq(conn_flow(c)->secure, SECURE_BACKEND);
	ck_assert_uint_eq(conn_flow(c)->side[SIDE_BACKEND].wire_rx, 5);
	ck_assert_uint_eq(conn_flow(c)->side[SIDE_BACKEND].wire_tx, 6);
	ck_assert_uint_eq(conn_flow(c)->side[SIDE_BACKEND].rseq, 7);
	ck_assert_uint_eq(conn_flow(c)->side[SIDE_BACKEND].wseq, 8);
	ck_assert(farm_is_mine(lobby_get((unsigned)fd), c, 0));
	ck_assert_uint_eq(lobby_get((unsigned)fd)->base_tx, 1);
	farm_check_sums(1, 0);
}
END_TEST

/* It is being put down by somebody else. */
START_TEST(who_has_not_parked_finds_it_idle)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);

	ck_assert_ptr_null(arrive_as(&a, socket_of()));
	farm_check_sums(1, 1);
	ck_assert(!lobby_park(c, &f));
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_COME);
	struct conn *peer = seat_idle(c, SLICE("a.test"));
	ck_assert_ptr_nonnull(peer);
	ck_assert(farm_is_mine(peer, c, 0));
	farm_check_sums(1, 0);
}
END_TEST

START_TEST(what_is_late_is_idle)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);

	if (_i == 0)
		a.number--;
	else if (_i == 1)
		a.serial++;
	else if (_i == 2)
		a.row = UINT32_MAX;
	else
		f.called = 0;
	ck_assert(lobby_park(c, &f));
	ck_assert_ptr_null(arrive_as(&a, socket_of()));
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_NONE);
	ck_assert(word_state(conn_word(c)) == CONN_PARKED);
	ck_assert_int_eq(conn_flow(c)->peer, -1);
	farm_check_sums(1, 1);
}
END_TEST

/* Of an attempt that has ended, and at another backend. */
START_TEST(what_is_anothers_is_idle)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);

	a.backend = 1;
	ck_assert(lobby_park(c, &f));
	arrive_as(&a, socket_of());
	ck_assert_int_eq(conn_flow(c)->peer, -1);
	farm_check_sums(1, 1);
	ck_assert_ptr_null(seat_idle(c, SLICE("a.test")));
}
END_TEST

START_TEST(what_nobody_may_share_is_closed)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);
	int fd = socket_of();

	if (_i)
		farm_pool[0].proxy_protocol = 2;
	else
		a.version = 77;
	ck_assert_ptr_null(arrive_as(&a, fd));
	farm_check_sums(1, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	/* but who has called for it is told, and may call again */
	ck_assert_int_ne(call_verdict(c, &f), VERDICT_NONE);
	ck_assert_ptr_null(seat_idle(c, SLICE("a.test")));
}
END_TEST

START_TEST(backends_that_are_none_are_closed)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);
	int fd = socket_of();

	a.backend = 2;
	ck_assert(lobby_park(c, &f));
	arrive_as(&a, fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	farm_check_sums(1, 0);
}
END_TEST

START_TEST(failures_say_why)
{
	struct arrival a = arrival_of(_i & 1 ? ARRIVAL_FAILED
	    : ARRIVAL_UNREACHED);
	char why[ARRIVAL_WHY];
	bool unreached;

	if (_i & 2)
		ck_assert(lobby_park(c, &f));
	ck_assert_ptr_eq(arrive_as(&a, -1), _i & 2 ? c : NULL);
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_FAILED);
	/* another worker received it */
	slot_me = OTHER;
	ck_assert(arrive_find_why(c, &f, why, &unreached));
	ck_assert_str_eq(why, "it was so");
	ck_assert_int_eq(unreached, !(_i & 1));
	f.called = call_number(c);
	ck_assert(!arrive_find_why(c, &f, why, &unreached));
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_NONE);
}
END_TEST

START_TEST(a_socket_that_got_lost_makes_room)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);

	ck_assert(lobby_park(c, &f));
	ck_assert_ptr_eq(arrive_as(&a, -1), c);
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_FAILED);
	f.called = a.number = call_number(c);
	struct arrival other = a;
	other.serial++;
	arrive_as(&other, socket_of());
	farm_check_sums(1, 1);
	ck_assert(lobby_park(c, &f));
	ck_assert_ptr_eq(arrive_as(&a, -1), c);
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_LOST);
	farm_check_sums(1, 0);
}
END_TEST

START_TEST(later_verdicts_stay)
{
	uint32_t serial = conn_serial(c), first = f.called;

	f.called = call_number(c);
	call_judge(c, serial, f.called, VERDICT_COME);
	call_judge(c, serial, first, VERDICT_FAILED);
	call_judge(c, serial, f.called, VERDICT_LOST);
	call_judge(c, serial + 1, f.called + 1, VERDICT_FAILED);
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_COME);
	c->calls = 0xffffff;
	f.called = call_number(c);
	ck_assert_uint_eq(f.called, 1);
}
END_TEST

START_TEST(calls_of_dead_gates_are_lost)
{
	f.gates_died = atomic_load(&lobby.head->gates_died);
	ck_assert(lobby_park(c, &f));
	call_ring_lost();
	ck_assert(word_state(conn_word(c)) == CONN_PARKED && !c->rung);
	atomic_fetch_add(&lobby.head->gates_died, 1);
	call_ring_lost();
	ck_assert_uint_eq(c->rung, 1);
	ck_assert(lobby_take(c, conn_serial(c)));
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_LOST);
	ck_assert(!lobby_park(c, &f));
	f.gates_died++;
	ck_assert(lobby_park(c, &f));
}
END_TEST

START_TEST(what_the_dead_had_in_hand_is_lost)
{
	lobby.hands[OTHER] = arrival_of(ARRIVAL_BACKEND);
	ck_assert(lobby_park(c, &f));
	arrive_settle(OTHER);
	ck_assert_int_eq(call_verdict(c, &f), VERDICT_LOST);
	ck_assert_uint_eq(c->rung, 1);
	ck_assert_uint_eq(lobby.hands[OTHER].kind, ARRIVAL_NONE);
}
END_TEST

START_TEST(names_are_told_apart)
{
	struct arrival a = arrival_of(ARRIVAL_BACKEND);

	a.serial++; /* for nobody */
	arrive_as(&a, socket_of());
	memcpy(a.session.server, "c.test", 6);
	arrive_as(&a, socket_of());
	farm_check_sums(1, 2);
	ck_assert_ptr_null(seat_idle(c, SLICE("d.test")));
	ck_assert_ptr_null(seat_idle(c, SLICE("")));
	struct conn *peer = seat_idle(c, SLICE("A.test:8443"));
	ck_assert_ptr_nonnull(peer);
	ck_assert_mem_eq(lobby.sessions[lobby_row(peer)].server, "a.test", 6);
	ck_assert_ptr_null(seat_idle(c, SLICE("a.test")));
	farm_pool[0].tls.name = SLICE("all.test");
	arrive_as(&a, socket_of());
	ck_assert_ptr_nonnull(seat_idle(c, SLICE("d.test")));
}
END_TEST

START_TEST(calls_are_of_their_name)
{
	static const struct {
		const char *host, *name;
	} names[] = {{"", "b.test"}, {"A.Test:443", "a.test"},
		{"a.test.", "a.test"}, {"[::1]:8443", "::1"},
		{"127.0.0.1:1", "127.0.0.1"}, {"x_y:80", "x_y"}};
	static struct call call;
	char text[sizeof call.server + 1];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		call_name(&call, &farm_pool[0], &farm[0],
		    slice_str(names[i].host));
		snprintf(text, sizeof text, "%.*s", (int)call.nserver,
		    call.server);
		ck_assert_str_eq(text, names[i].name);
	}
	farm_pool[0].tls.name = SLICE("own.test");
	call_name(&call, &farm_pool[0], &farm[0], SLICE("a.test"));
	ck_assert_uint_eq(call.nserver, 8);
	char many[400];
	memset(many, 'x', sizeof many);
	farm_pool[0].tls.name = slice_make(many, sizeof many);
	call_name(&call, &farm_pool[0], &farm[0], SLICE("a.test"));
	ck_assert_uint_eq(call.nserver, 0);
}
END_TEST

START_TEST(full_sockets_are_no_errors)
{
	static struct call call, got;
	unsigned n = 0;

	call.nrequest = 100;
	while (n < 100000 && call_send(&call))
		n++;
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_lt(n, 100000);
	ck_assert_int_eq(recv(lobby.calls[0], &got, sizeof got, 0),
	    (ssize_t)offsetof(struct call, request) + 100);
	ck_assert(call_send(&call));
}
END_TEST

/* ---- Between threads ---- */

static _Atomic uint32_t asked; /* number of a call; 0: none */
static atomic_uint given;      /* calls whose row a gate's message took */
static atomic_uint in_idle, at_once;

/* Receives what gates send, as any worker does. */
static void receive_all(void)
{
	uint32_t number;

	while (!finish) {
		if ((number = atomic_exchange(&asked, 0)) == 0) {
			sched_yield();
			continue;
		}
		struct arrival a = arrival_of(ARRIVAL_BACKEND);
		a.number = number;
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		wrong += fd < 0;
		if (arrive_as(&a, fd) != NULL)
			atomic_fetch_add(&given, 1);
	}
}

static void use_peer_of(struct conn *row)
{
	struct conn *peer = conn_flow(row)->peer >= 0
	    ? lobby_get((unsigned)conn_flow(row)->peer) : NULL;

	if (peer)
		atomic_fetch_add(&at_once, 1);
	else if ((peer = seat_idle(row, SLICE("a.test"))) != NULL)
		atomic_fetch_add(&in_idle, 1);
	wrong += peer == NULL || !farm_is_mine(peer, row, 0);
	if (peer)
		lobby_close(peer);
}

/* The row was put down, and whoever received took it: it is ours again. */
static void await_row(unsigned before)
{
	while (atomic_load(&given) == before)
		sched_yield();
	atomic_store(&c->word, word_make(conn_serial(c), slot_me,
	    CONN_OWNED));
}

static void call_and_park(void)
{
	unsigned before = atomic_load(&given);

	f.called = call_number(c);
	f.peer = -1;
	f.secure = 0;
	conn_publish(c, &f);
	atomic_store(&asked, f.called);
	do {
		if (lobby_park(c, &f)) {
			await_row(before);
			break;
		}
	} while (call_verdict(c, &f) == VERDICT_NONE);
	use_peer_of(c);
}

START_TEST(no_connection_misses_its_row)
{
	struct member receiver;

	finish = false;
	member_start(&receiver, HELPER, receive_all);
	for (unsigned i = 0; i < ROUNDS; i++) {
		call_and_park();
		/* all of it is over, idle or not */
		ck_assert_uint_eq(seats.at[0].nidle, 0);
	}
	finish = true;
	member_join(&receiver);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(at_once + in_idle, ROUNDS);
	farm_check_sums(1, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call");
	TCase *tc = tcase_create("call");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, who_waits_gets_it_at_once);
	tcase_add_test(tc, who_has_not_parked_finds_it_idle);
	tcase_add_loop_test(tc, what_is_late_is_idle, 0, 4);
	tcase_add_test(tc, what_is_anothers_is_idle);
	tcase_add_loop_test(tc, what_nobody_may_share_is_closed, 0, 2);
	tcase_add_test(tc, backends_that_are_none_are_closed);
	tcase_add_loop_test(tc, failures_say_why, 0, 4);
	tcase_add_test(tc, a_socket_that_got_lost_makes_room);
	tcase_add_test(tc, later_verdicts_stay);
	tcase_add_test(tc, calls_of_dead_gates_are_lost);
	tcase_add_test(tc, what_the_dead_had_in_hand_is_lost);
	tcase_add_test(tc, names_are_told_apart);
	tcase_add_test(tc, calls_are_of_their_name);
	tcase_add_test(tc, full_sockets_are_no_errors);
	tcase_add_test(tc, no_connection_misses_its_row);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
