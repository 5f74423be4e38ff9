/* SPDX-License-Identifier: BSD-2-Clause */
/* Who clients are by their certificates, and who is let in. */
/* links: gate shm http net conf base */
#include "gatehouse.h"

static struct arrival arrival;
static struct house_cert authority, good, ended, foreign;

static void setup(void)
{
	house_setup();
	house_certify(0, 0, "a.test", false);
	house_certify(1, 0, "b.test", false);
	authority = house_make("Clients' CA", false, 90, NULL);
	good = house_make("A \"quoted\", n\xc3\xa4me\n", false, 30, &authority);
	ended = house_make("Late", false, -1, &authority);
	foreign = house_make("Foreign", false, 30, NULL);
	for (unsigned i = 0; i < 2; i++)
		house_listener[i].tls.client_ca = house_write("ca.pem",
		    &authority, false);
	house_listener[0].tls.verify_client = VERIFY_OPTIONAL;
	house_listener[1].tls.verify_client = VERIFY_REQUIRE;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* False if the gate hands nobody over. */
static bool visit_as(int version, unsigned listener,
    const struct house_cert *who)
{
	SSL_CTX *ctx = house_client(version, NULL);
	int client = house_connect(listener);
	SSL *ssl = house_ssl(ctx, client, NULL);

	if (who)
		ck_assert_int_eq(SSL_use_cert_and_key(ssl, who->cert,
		    who->key, NULL, 1), 1);
	int done = SSL_connect(ssl);
	int fd = house_receive(&arrival, done == 1 ? 1500 : 100);
	close(client);
	close(fd);
	arrival.facts[fd < 0 ? 0 : arrival.nfacts] = '\0';
	return fd >= 0;
}

START_TEST(optional_lets_all_in_and_tells)
{
	house_begin(0);
	ck_assert(visit_as(versions[_i], 0, NULL));
	ck_assert_uint_eq(arrival.session.verified, SESSION_NO_CERTIFICATE);
	ck_assert_str_eq(arrival.facts, "a.test\nX-SSL-Client-Verify: NONE\n");
	ck_assert(visit_as(versions[_i], 0, &ended));
	ck_assert_uint_eq(arrival.session.verified, SESSION_NOT_VERIFIED);
	ck_assert_str_eq(arrival.facts, "a.test\n"
	    "X-SSL-Client-Verify: FAILED\n");
	ck_assert(visit_as(versions[_i], 0, &foreign));
	ck_assert_uint_eq(arrival.session.verified, SESSION_NOT_VERIFIED);
	ck_assert(visit_as(versions[_i], 0, &good));
	ck_assert_uint_eq(arrival.session.verified, SESSION_VERIFIED);
}
END_TEST

START_TEST(require_lets_in_who_is_verified)
{
	house_begin(0);
	ck_assert(!visit_as(versions[_i], 1, NULL));
	ck_assert(!visit_as(versions[_i], 1, &ended));
	ck_assert(!visit_as(versions[_i], 1, &foreign));
	ck_assert(visit_as(versions[_i], 1, &good));
	ck_assert_uint_eq(arrival.session.verified, SESSION_VERIFIED);
}
END_TEST

static const char *next_line(char **rest)
{
	return strsep(rest, "\n");
}

static void is_the_certificate(const char *line)
{
	unsigned char der[4000];
	const unsigned char *p = der;
	const char *text = strchr(line, ':') + 3;
	size_t n = strlen(text) - 1;

	ck_assert_int_eq(text[-1], ':');
	ck_assert_int_eq(text[n], ':');
	int length = EVP_DecodeBlock(der, (const unsigned char *)text, (int)n);
	ck_assert_int_gt(length, 0);
	X509 *cert = d2i_X509(NULL, &p, length);
	ck_assert_ptr_nonnull(cert);
	ck_assert_int_eq(X509_cmp(cert, good.cert), 0);
	X509_free(cert);
}

START_TEST(every_field_is_told)
{
	char fingerprint[100] = "X-SSL-Client-Fingerprint: ";
	unsigned char hash[32];
	char *rest = arrival.facts;

	house_begin(0);
	ck_assert(visit_as(TLS1_3_VERSION, 1, &good));
	X509_digest(good.cert, EVP_sha256(), hash, NULL);
	for (unsigned i = 0; i < 32; i++)
		sprintf(fingerprint + strlen(fingerprint), "%02x", hash[i]);
	ck_assert_str_eq(next_line(&rest), "b.test");
	ck_assert_str_eq(next_line(&rest), "X-SSL-Client-Verify: SUCCESS");
	ck_assert_str_eq(next_line(&rest), "X-SSL-Client-Subject: "
	    "CN=A \\\"quoted\\\"\\, n\\C3\\A4me\\0A");
	ck_assert_str_eq(next_line(&rest), "X-SSL-Client-Issuer: "
	    "CN=Clients' CA");
	ck_assert_str_eq(next_line(&rest), "X-SSL-Client-Serial: 1234");
	ck_assert_str_eq(next_line(&rest), fingerprint);
	const char *end = next_line(&rest);
	ck_assert_uint_eq(strlen(end), 24 + 20);
	ck_assert_int_eq(end[strlen(end) - 1], 'Z');
	is_the_certificate(next_line(&rest));
	ck_assert_str_eq(next_line(&rest), "");
	ck_assert_ptr_null(rest);
}
END_TEST

static SSL_SESSION *got;

/* A copy, which no end without close_notify spoils. */
static int keep(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(got);
	got = SSL_SESSION_dup(session);
	return 0;
}

/* The session of one whose certificate ends a second later. */
START_TEST(who_has_ended_is_not_resumed)
{
	SSL_CTX *ctx = house_client(versions[_i], NULL);
	struct house_cert brief = house_make("Brief", false, 1, &authority);
	int resumed[3];

	X509_gmtime_adj(X509_getm_notAfter(brief.cert), 3);
	ck_assert_int_gt(X509_sign(brief.cert, authority.key, EVP_sha256()),
	    0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep);
	SSL_CTX_use_cert_and_key(ctx, brief.cert, brief.key, NULL, 1);
	house_begin(0);
	for (unsigned i = 0; i < 3; i++) {
		int client = house_connect(0);
		SSL *ssl = house_ssl(ctx, client, NULL);
		char byte;
		if (got)
			SSL_set_session(ssl, got);
		if (i == 2)
			usleep(3500000);
		ck_assert_int_eq(SSL_connect(ssl), 1);
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		shutdown(fd, SHUT_WR);
		SSL_read(ssl, &byte, 1);
		resumed[i] = SSL_session_reused(ssl);
		ck_assert_uint_eq(arrival.session.verified, i < 2
		    ? SESSION_VERIFIED : SESSION_NOT_VERIFIED);
		close(fd);
		close(client);
	}
	ck_assert(!resumed[0] && resumed[1] && !resumed[2]);
	SSL_SESSION_free(got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate_identity");
	TCase *tc = tcase_create("identity");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, house_teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, optional_lets_all_in_and_tells, 0, 2);
	tcase_add_loop_test(tc, require_lets_in_who_is_verified, 0, 2);
	tcase_add_test(tc, every_field_is_told);
	tcase_add_loop_test(tc, who_has_ended_is_not_resumed, 0, 2);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
