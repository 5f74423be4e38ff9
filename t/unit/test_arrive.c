/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrivals: what a gate sends becomes a row, or leaves nothing behind. */
/* links: shm net http conf base */
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "farm.h"
#include "shm/arrive.h"
#include "shm/pages.h"

#define SLOT 5
#define VICTIM 9
#define LISTENER 7
#define HEAD offsetof(struct arrival, facts)

static const char facts[] = "a.test b.test\nX-Name: somebody\n";
static int gate;        /* its end of the sockets */
static int near, far;   /* a client that it has shaken hands with */
static struct arrival message;

static void setup(void)
{
	int pair[2];

	farm_plan(1, 1);
	farm_open(SLOT);
	ck_assert(pages_create(&pages, 1u << 20));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	lobby.arrivals[0] = pair[0];
	lobby.door = epoll_create1(0);
	gate = pair[1];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	near = pair[0];
	far = pair[1];
	lobby.gated[0] = (struct lobby_listener){.fd = -1, .index = LISTENER};
	lobby.ngated = 1;
	memset(&message, 0, sizeof message);
	message.kind = ARRIVAL_CLIENT;
	message.listener = LISTENER;
	message.rx = 500;
	message.tx = 900;
	message.rseq = 0;
	message.wseq = 1;
	message.from.sa.sa_family = AF_INET;
	message.from.in.sin_port = htons(1234);
	message.peer.sa.sa_family = AF_UNIX;
	message.session.keys.version = RECORD_TLS13;
	message.session.keys.suite = RECORD_AES_128_GCM;
	message.session.keys.secret_bytes = 32;
	memset(message.session.keys.read[0].key, 0x5a, 32);
	message.nfacts = sizeof facts - 1;
	memcpy(message.facts, facts, sizeof facts - 1);
}

static void teardown(void)
{
	lobby.ngated = 0;
	close(lobby.door);
	close(lobby.arrivals[0]);
	close(gate);
	lobby.arrivals[0] = 0;
	area_close(&pages.area);
	farm_close();
}

/* n bytes of the message, with so many descriptors. */
static void gate_sends(size_t n, unsigned descriptors)
{
	struct iovec v = {&message, n};
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	int fds[2] = {near, far};

	if (descriptors > 0) {
		m.msg_control = u.room;
		m.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
		memcpy(CMSG_DATA(c), fds, descriptors * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(gate, &m, 0), (ssize_t)n);
	close(near);
}

static void gate_sends_whole(void)
{
	gate_sends(HEAD + message.nfacts, 1);
}

/* Of the connection nobody has a descriptor any more. */
static void expect_closed(void)
{
	char byte;

	ck_assert_int_eq(recv(far, &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_uint_eq(atomic_load(&lobby.head->clients), 0);
	ck_assert_uint_eq(pages_in_use(), 0);
}

static void expect_nothing_in_hand(void)
{
	static const struct arrival none;

	ck_assert_uint_eq(atomic_load(&slot_self->note), 0);
	ck_assert_mem_eq(&lobby.hands[SLOT].session, &none.session,
	    sizeof none.session);
	ck_assert_uint_eq(lobby.hands[SLOT].kind, ARRIVAL_NONE);
}

static void expect_client(const struct conn *c)
{
	ck_assert_ptr_nonnull(c);
	const struct flow *f = conn_flow(c);
	ck_assert_uint_eq(c->kind, CONN_CLIENT);
	ck_assert_uint_eq(c->listener, LISTENER);
	ck_assert_int_eq(c->from.sa.sa_family, AF_INET);
	ck_assert_uint_eq(f->secure, SECURE_CLIENT);
	ck_assert_uint_eq(f->flags, 0);
	ck_assert_uint_eq(f->side[SIDE_CLIENT].wire_rx, 500);
	ck_assert_uint_eq(f->side[SIDE_CLIENT].wire_tx, 900);
	ck_assert_uint_eq(f->side[SIDE_CLIENT].wseq, 1);
	ck_assert_uint_eq(f->side[SIDE_CLIENT].raw, 0);
	ck_assert_mem_eq(&lobby.sessions[lobby_row(c)], &message.session,
	    sizeof message.session);
	ck_assert_uint_ne(f->facts, 0);
	ck_assert_str_eq(page_at(f->facts), facts);
	ck_assert_uint_eq(atomic_load(&lobby.head->clients), 1);
}

static void close_client(struct conn *c)
{
	static const struct session none;
	unsigned row = lobby_row(c);

	page_free(conn_flow(c)->facts);
	lobby_close(c);
	ck_assert_mem_eq(&lobby.sessions[row], &none, sizeof none);
	expect_closed();
}

START_TEST(a_client_with_its_keys_and_facts)
{
	gate_sends_whole();
	struct conn *c = arrive();
	expect_client(c);
	ck_assert_uint_eq(word_slot(conn_word(c)), SLOT);
	expect_nothing_in_hand();
	close_client(c);
}
END_TEST

START_TEST(nothing_has_come)
{
	ck_assert_ptr_null(arrive());
	expect_nothing_in_hand();
}
END_TEST

static void no_version(void) { message.session.keys.version = 0; }
static void old_version(void) { message.session.keys.version = 0x0302; }
static void no_suite(void) { message.session.keys.suite = RECORD_NONE; }
static void other_suite(void) { message.session.keys.suite = 4; }
static void long_secret(void) { message.session.keys.secret_bytes = 49; }
static void long_name(void) { message.session.nserver = SESSION_SERVER + 1; }
static void no_listener(void) { message.listener = LISTENER + 1; }
static void many_facts(void) { message.nfacts = ARRIVAL_FACTS + 1; }
static void huge_facts(void) { message.nfacts = 0xffffffffu; }
static void fewer_facts(void) { message.nfacts--; }
static void no_kind(void) { message.kind = ARRIVAL_NONE; }
static void odd_kind(void) { message.kind = 99; }

static void suite_of_backend(void)
{
	message.kind = ARRIVAL_BACKEND;
	farm_pool[0].idle_connections = 2;
	other_suite();
}

static void (*const spoil[])(void) = {no_version, old_version, no_suite,
	other_suite, long_secret, long_name, no_listener, many_facts,
	huge_facts, fewer_facts, no_kind, odd_kind, suite_of_backend};

START_TEST(one_that_is_not_lawful)
{
	size_t n = HEAD + message.nfacts;

	spoil[_i]();
	gate_sends(n, 1);
	ck_assert_ptr_null(arrive());
	ck_assert_uint_eq(atomic_load(&slot_self->note), 0);
	expect_closed();
}
END_TEST

START_TEST(cut_anywhere)
{
	static const size_t lengths[] = {1, 8, HEAD - 1, HEAD, HEAD + 5};

	gate_sends(lengths[_i], 1);
	ck_assert_ptr_null(arrive());
	expect_nothing_in_hand();
	expect_closed();
}
END_TEST

START_TEST(without_a_socket)
{
	gate_sends(HEAD + message.nfacts, 0);
	ck_assert_ptr_null(arrive());
	expect_nothing_in_hand();
	expect_closed();
}
END_TEST

/* There is room for one alone: no second number stays open. */
START_TEST(with_two_sockets)
{
	int next = dup(0);

	close(next);
	gate_sends(HEAD + message.nfacts, 2);
	struct conn *c = arrive();
	if (c)
		close_client(c);
	int now = dup(0);
	ck_assert_int_le(now, next > near ? near : next);
	close(now);
	expect_nothing_in_hand();
}
END_TEST

/* Nobody may take it for one of whom nothing is known. */
START_TEST(no_page_for_the_facts)
{
	while (page_take(PAGE_IS_SMALL, 50, 1) != 0)
		;
	uint32_t used = pages_in_use();
	gate_sends_whole();
	ck_assert_ptr_null(arrive());
	expect_nothing_in_hand();
	ck_assert_uint_eq(pages_in_use(), used);
	char byte;
	ck_assert_int_eq(recv(far, &byte, 1, MSG_DONTWAIT), 0);
}
END_TEST

/* A worker has received it, and died: the steward finds the socket. */
START_TEST(adopted_from_a_dead_hand)
{
	message.nfacts = sizeof facts - 1;
	lobby.hands[VICTIM] = message;
	ck_assert_ptr_null(arrive_adopt(VICTIM + 1, near));
	struct conn *c = arrive_adopt(VICTIM, near);
	expect_client(c);
	ck_assert_uint_eq(lobby.hands[VICTIM].kind, ARRIVAL_NONE);
	close_client(c);
}
END_TEST

/* Once more, by who settles it, it is the same. */
START_TEST(facts_are_hung_once)
{
	gate_sends_whole();
	struct conn *c = arrive();
	ck_assert(arrive_hang_facts(c, &message));
	ck_assert_uint_eq(pages_in_use(), 1);
	close_client(c);
}
END_TEST

/* Who made the row, or settles it, dies: whoever finds it then closes it. */
START_TEST(not_served_before_all_is_known)
{
	struct conn *c = lobby_hang_arrival(near, &lobby.gated[0], &message);

	ck_assert_uint_eq(conn_flow(c)->flags, FLOW_LOST);
	ck_assert(arrive_hang_facts(c, &message));
	ck_assert_uint_eq(conn_flow(c)->flags, 0);
	close_client(c);
}
END_TEST

START_TEST(of_most_nothing_is_known)
{
	message.nfacts = 0;
	gate_sends_whole();
	struct conn *c = arrive();
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(conn_flow(c)->flags, 0);
	lobby_close(c);
	expect_closed();
}
END_TEST

/* Of a client whose row was made already, and of nobody else. */
START_TEST(facts_in_a_dead_hand)
{
	uint32_t nfacts = message.nfacts;

	message.nfacts = 0;
	gate_sends_whole();
	struct conn *c = arrive();
	message.nfacts = nfacts;
	message.row = lobby_row(c) + (_i == 0);
	message.serial = conn_serial(c) + (_i == 1);
	lobby.hands[VICTIM] = message;
	if (_i != 2)
		atomic_store(&slots.at[VICTIM].state, SLOT_DEAD);
	ck_assert(arrive_complete(c));
	ck_assert_uint_eq(conn_flow(c)->facts != 0, _i == 3);
	if (_i == 3) {
		expect_client(c);
		ck_assert_uint_eq(lobby.hands[VICTIM].kind, ARRIVAL_NONE);
		ck_assert(arrive_complete(c));
		close_client(c);
	}
	atomic_store(&slots.at[VICTIM].state, SLOT_FREE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arrive");
	TCase *tc = tcase_create("arrive");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_client_with_its_keys_and_facts);
	tcase_add_test(tc, nothing_has_come);
	tcase_add_loop_test(tc, one_that_is_not_lawful, 0,
	    (int)(sizeof spoil / sizeof spoil[0]));
	tcase_add_loop_test(tc, cut_anywhere, 0, 5);
	tcase_add_test(tc, without_a_socket);
	tcase_add_test(tc, with_two_sockets);
	tcase_add_test(tc, no_page_for_the_facts);
	tcase_add_test(tc, adopted_from_a_dead_hand);
	tcase_add_test(tc, facts_are_hung_once);
	tcase_add_test(tc, not_served_before_all_is_known);
	tcase_add_test(tc, of_most_nothing_is_known);
	tcase_add_loop_test(tc, facts_in_a_dead_hand, 0, 4);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
