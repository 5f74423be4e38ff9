/* SPDX-License-Identifier: BSD-2-Clause */
/* Visits: what a gate hands over is what a record layer can go on with. */
/* links: gate shm net conf base */
#include "gatehouse.h"

#include "net/record.h"

static const char request[] = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

static struct arrival arrival;

static void setup(void)
{
	house_setup();
	ck_assert(record_init());
	house_certify(0, 0, "a.test", false);
	house_certify(0, 1, "a.test", true);
	house_certify(1, 0, "b.test", false);
}

/* As a worker does it. */
static void expect_record(int fd, const char *text)
{
	char wire[RECORD_WIRE], plain[RECORD_WIRE];
	struct record_keys *k = &arrival.session.keys;
	enum record_alert alert;
	enum record_type type;
	size_t length, n;

	ck_assert_int_eq(recv(fd, wire, RECORD_HEAD, MSG_WAITALL),
	    RECORD_HEAD);
	ck_assert_int_ne(record_look(k, wire, RECORD_HEAD, &length, &alert),
	    RECORD_BAD);
	ck_assert_int_eq(recv(fd, wire + RECORD_HEAD, length - RECORD_HEAD,
	    MSG_WAITALL), (ssize_t)(length - RECORD_HEAD));
	ck_assert_int_eq(record_open(k, &k->read[0], arrival.rseq++, wire,
	    length, plain, &type, &n, &alert), RECORD_FINE);
	ck_assert_int_eq(type, RECORD_DATA);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_mem_eq(plain, text, n);
}

static void send_record(int fd, const char *text)
{
	char wire[RECORD_WIRE];
	struct record_keys *k = &arrival.session.keys;
	const struct iovec v = {(void *)text, strlen(text)};
	size_t n = record_seal(k, &k->write[0], arrival.wseq++, RECORD_DATA,
	    &v, 1, wire);

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(send(fd, wire, n, 0), (ssize_t)n);
}

static void converse(SSL *ssl, int fd)
{
	char text[100];

	ck_assert_int_eq(SSL_write(ssl, request, sizeof request - 1),
	    sizeof request - 1);
	expect_record(fd, request);
	send_record(fd, answer);
	ck_assert_int_eq(SSL_read(ssl, text, sizeof text), sizeof answer - 1);
	ck_assert_mem_eq(text, answer, sizeof answer - 1);
	ck_assert_int_eq(SSL_write(ssl, request, sizeof request - 1),
	    sizeof request - 1);
	expect_record(fd, request);
}

static void counts_are_the_kernels(int fd)
{
	struct tcp_info info;
	socklen_t n = sizeof info;

	usleep(60000); /* until all is acknowledged */
	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n), 0);
	ck_assert_uint_eq(arrival.rx, info.tcpi_bytes_received);
	ck_assert_uint_eq(arrival.tx, info.tcpi_bytes_acked);
}

static const struct {
	int version;
	const char *suite;
	const char *kind;
} kinds[] = {
	{TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "EC"},
	{TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", "EC"},
	{TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", "EC"},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", "EC"},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", "EC"},
	{TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", "EC"},
	{TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "RSA"},
	{TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", "RSA"},
	{TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", "RSA"},
};

START_TEST(every_suite_is_handed_over)
{
	SSL_CTX *ctx = house_client(kinds[_i].version, kinds[_i].suite);
	SSL *ssl = house_ssl(ctx, house_connect(0), "A.test");

	house_begin(0);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	counts_are_the_kernels(fd);
	ck_assert_int_eq(arrival.kind, ARRIVAL_CLIENT);
	ck_assert_int_eq(arrival.session.keys.version, kinds[_i].version);
	ck_assert_str_eq(arrival.session.server, "a.test");
	ck_assert_uint_eq(arrival.session.nserver, 6);
	ck_assert_uint_eq(arrival.session.cipher,
	    SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)));
	ck_assert(!arrival.session.resumed);
	X509 *cert = SSL_get0_peer_certificate(ssl);
	ck_assert_str_eq(EVP_PKEY_get0_type_name(X509_get0_pubkey(cert)),
	    kinds[_i].kind);
	converse(ssl, fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate_visit");
	TCase *tc = tcase_create("visit");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, house_teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, every_suite_is_handed_over, 0,
	    sizeof kinds / sizeof kinds[0]);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
