/* SPDX-License-Identifier: BSD-2-Clause */
/* Tickets: any gate resumes any session, where the same is asked of clients. */
/* links: gate shm http net conf base */
#include "gatehouse.h"

#include "base/clock.h"
#include "gate/tickets.h"

static struct arrival arrival;
static SSL_SESSION *got;
static bool renewed; /* who resumed was given another */

static void setup(void)
{
	house_setup();
	house_certify(0, 0, "a.test", false);
	house_certify(1, 0, "b.test", false);
	slot_me = 0;
	ck_assert(tickets_open(house_task.tickets));
}

static void teardown(void)
{
	SSL_SESSION_free(got);
	house_teardown();
}

/* A copy, which no end without close_notify spoils. */
static int keep(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(got);
	got = SSL_SESSION_dup(session);
	return 0;
}

static SSL_CTX *new_client(int version)
{
	SSL_CTX *ctx = house_client(version, NULL);

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT
	    | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(ctx, keep);
	return ctx;
}

static bool differs(const SSL_SESSION *a, const SSL_SESSION *b)
{
	const unsigned char *x, *y;
	size_t nx, ny;

	SSL_SESSION_get0_ticket(a, &x, &nx);
	SSL_SESSION_get0_ticket(b, &y, &ny);
	return nx != ny || memcmp(x, y, nx) != 0;
}

/* Whether it was resumed; -1: no handshake. Reads what tickets there are. */
static int visit(SSL_CTX *ctx, unsigned listener, SSL_SESSION *session)
{
	int client = house_connect(listener);
	SSL *ssl = house_ssl(ctx, client, "a.test");
	int resumed = -1;
	char byte;

	if (session) {
		SSL_SESSION *copy = SSL_SESSION_dup(session);
		SSL_set_session(ssl, copy);
		SSL_SESSION_free(copy);
	}
	if (SSL_connect(ssl) == 1) {
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		shutdown(fd, SHUT_WR);
		SSL_read(ssl, &byte, 1);
		resumed = SSL_session_reused(ssl);
		renewed = session && differs(session, SSL_get_session(ssl));
		ck_assert_int_eq(arrival.session.resumed, resumed);
		close(fd);
	}
	close(client);
	return resumed;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void end_gate(unsigned gate)
{
	kill(house_gate[gate], SIGKILL);
	waitpid(house_gate[gate], NULL, 0);
	house_gate[gate] = 0;
	atomic_store(&slots.at[gate + 1].state, SLOT_FREE);
}

START_TEST(another_gate_resumes)
{
	SSL_CTX *ctx = new_client(versions[_i]);

	house_begin(0);
	ck_assert_int_eq(visit(ctx, 0, NULL), 0);
	ck_assert_ptr_nonnull(got);
	ck_assert_uint_le(SSL_SESSION_get_ticket_lifetime_hint(got),
	    TICKETS_LIFE_S);
	ck_assert_int_eq(visit(ctx, 0, got), 1);
	end_gate(0);
	house_begin(1);
	ck_assert_int_eq(visit(ctx, 0, got), 1);
	/* asked for the same, the listeners are the same */
	ck_assert_int_eq(visit(ctx, 1, got), 1);
}
END_TEST

START_TEST(other_authorities_do_not_resume)
{
	SSL_CTX *ctx = new_client(versions[_i]);
	struct house_cert authority = house_make("CA", false, 90, NULL);

	house_listener[1].tls.verify_client = VERIFY_OPTIONAL;
	house_listener[1].tls.client_ca = house_write("ca.pem", &authority,
	    false);
	house_begin(0);
	ck_assert_int_eq(visit(ctx, 0, NULL), 0);
	ck_assert_int_eq(visit(ctx, 0, got), 1);
	ck_assert_int_eq(visit(ctx, 1, got), 0);
	ck_assert_int_eq(visit(ctx, 1, got), 1);
	ck_assert_int_eq(visit(ctx, 0, got), 0);
}
END_TEST

START_TEST(without_tickets_nobody_resumes)
{
	SSL_CTX *ctx = new_client(versions[_i]);

	house_listener[0].tls.tickets = false;
	house_begin(0);
	ck_assert_int_eq(visit(ctx, 0, NULL), 0);
	ck_assert_int_eq(visit(ctx, 0, NULL), 0);
	if (got)
		ck_assert_int_eq(visit(ctx, 0, got), 0);
	ck_assert(got == NULL || !SSL_SESSION_is_resumable(got));
}
END_TEST

static void turn(void)
{
	tickets_turn(clock_ms() + TICKETS_TURN_MS);
}

START_TEST(keys_are_good_for_three_turns)
{
	SSL_CTX *ctx = new_client(versions[_i]);

	house_begin(0);
	for (unsigned turns = 0; turns < 5; turns++) {
		ck_assert_int_eq(visit(ctx, 0, NULL), 0);
		SSL_SESSION *first = got;
		SSL_SESSION_up_ref(first);
		for (unsigned i = 0; i < turns; i++)
			turn();
		ck_assert_int_eq(visit(ctx, 0, first), turns < TICKETS_KEYS);
		ck_assert_int_eq(renewed, turns > 0
		    || versions[_i] == TLS1_3_VERSION);
		SSL_SESSION_free(first);
	}
}
END_TEST

START_TEST(keys_turn_by_time_and_by_the_first_gate)
{
	SSL_CTX *ctx = new_client(TLS1_3_VERSION);

	house_begin(0);
	ck_assert_int_eq(visit(ctx, 0, NULL), 0);
	SSL_SESSION *first = got;
	SSL_SESSION_up_ref(first);
	for (unsigned i = 0; i < 5; i++)
		tickets_turn(clock_ms() + TICKETS_TURN_MS - 10000);
	slot_me = 2; /* the gate in slot 1 lives */
	for (unsigned i = 0; i < 5; i++)
		turn();
	ck_assert_int_eq(visit(ctx, 0, first), 1);
	/* which makes none: it is not waited for without end */
	for (unsigned i = 0; i < TICKETS_KEYS; i++)
		tickets_turn(clock_ms() + TICKETS_TURN_MS + TICKETS_LATE_MS);
	ck_assert_int_eq(visit(ctx, 0, first), 0);
	SSL_SESSION_free(first);
	ck_assert_int_eq(visit(ctx, 0, NULL), 0);
	first = got;
	SSL_SESSION_up_ref(first);
	end_gate(0);
	for (unsigned i = 0; i < TICKETS_KEYS; i++)
		turn();
	house_begin(0);
	ck_assert_int_eq(visit(ctx, 0, first), 0);
	SSL_SESSION_free(first);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate_tickets");
	TCase *tc = tcase_create("tickets");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, another_gate_resumes, 0, 2);
	tcase_add_loop_test(tc, other_authorities_do_not_resume, 0, 2);
	tcase_add_loop_test(tc, without_tickets_nobody_resumes, 0, 2);
	tcase_add_loop_test(tc, keys_are_good_for_three_turns, 0, 2);
	tcase_add_test(tc, keys_turn_by_time_and_by_the_first_gate);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
