/* SPDX-License-Identifier: BSD-2-Clause */
/* Visits: what a gate hands over is what a record layer can go on with. */
/* links: gate shm http net conf base */
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

	house_certify(0, 1, "a.test", true);
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

START_TEST(what_follows_the_handshake_is_left_in_the_socket)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	SSL_CTX *ctx = house_client(versions[_i], NULL);
	int client = house_connect(0);
	SSL *ssl = house_ssl(ctx, client, NULL);

	house_begin(0);
	ck_assert_int_eq(house_shake(ssl, client, 17000, request), 1);
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	expect_record(fd, request);
	converse(ssl, fd);
}
END_TEST

START_TEST(pieces_of_any_size)
{
	static const size_t pieces[] = {1, 2, 3, 4, 5, 6, 7, 64, 333, 1000};

	house_begin(0);
	for (unsigned i = 0; i < 2 * sizeof pieces / sizeof pieces[0]; i++) {
		SSL_CTX *ctx = house_client(i % 2 ? TLS1_2_VERSION
		    : TLS1_3_VERSION, NULL);
		int client = house_connect(0);
		SSL *ssl = house_ssl(ctx, client, "b.test");
		ck_assert_int_eq(house_shake(ssl, client, pieces[i / 2], NULL),
		    1);
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		converse(ssl, fd);
		close(fd);
		close(client);
	}
}
END_TEST

/* What else the gate has to say is read over: an alert. */
static bool is_closed(int client, int ms)
{
	struct pollfd p = {client, POLLIN, 0};
	char bytes[100];
	ssize_t n = 1;

	while (n > 0) {
		if (poll(&p, 1, ms) != 1)
			return false;
		n = recv(client, bytes, sizeof bytes, 0);
	}
	return true;
}

static void still_works(void)
{
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	int client = house_connect(0);
	SSL *ssl = house_ssl(ctx, client, NULL);

	ck_assert_int_eq(SSL_connect(ssl), 1);
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	converse(ssl, fd);
	close(fd);
	close(client);
}

START_TEST(who_says_nothing_or_nonsense_delays_nobody)
{
	static const char nonsense[] = "GET / HTTP/1.0\r\n\r\n";
	int silent[200], false_one = house_connect(0), half = house_connect(0);

	house_listener[0].timeouts.header = 3000;
	house_begin(0);
	for (unsigned i = 0; i < 200; i++)
		silent[i] = house_connect(0);
	ck_assert_int_gt(send(false_one, nonsense, sizeof nonsense, 0), 0);
	ck_assert_int_gt(send(half, "\x16\x03\x01\x02\x00\x01", 6, 0), 0);
	still_works();
	ck_assert(is_closed(false_one, 1000));
	ck_assert(!is_closed(half, 10));
	ck_assert(is_closed(half, 10000));
	for (unsigned i = 0; i < 200; i++)
		ck_assert(is_closed(silent[i], 2000));
	still_works();
}
END_TEST

START_TEST(a_family_that_is_full_is_sent_nobody)
{
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	int client = house_connect(0);
	SSL *ssl = house_ssl(ctx, client, NULL);

	atomic_store(&house_lobby.head->clients, house_lobby.connections);
	house_begin(0);
	ck_assert_int_gt(send(client, "", 0, 0) + 1, 0);
	usleep(300000);
	ck_assert_int_eq(house_receive(&arrival, 10), -1);
	atomic_store(&house_lobby.head->clients, 3);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	ck_assert_int_ge(house_receive(&arrival, 3000), 0);
}
END_TEST

/* More than the socket to the family holds; all of them come, each once. */
START_TEST(a_family_that_is_slow_gets_all)
{
	enum { MANY = 300 };
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	int clients[MANY];
	SSL *ssl[MANY];

	house_begin(0);
	for (unsigned i = 0; i < MANY; i++) {
		clients[i] = house_connect(0);
		ssl[i] = house_ssl(ctx, clients[i], NULL);
		ck_assert_int_eq(SSL_connect(ssl[i]), 1);
	}
	for (unsigned i = 0; i < MANY; i++) {
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	ck_assert_int_eq(house_receive(&arrival, 100), -1);
	still_works();
}
END_TEST

START_TEST(who_retires_ends_what_it_has_begun)
{
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	int client = house_connect(0);
	SSL *ssl = house_ssl(ctx, client, NULL);
	uint64_t one = 1;

	house_begin(0);
	usleep(100000); /* it has accepted */
	ck_assert_int_eq(write(house_task.retire, &one, sizeof one), 8);
	ck_assert_int_eq(house_ended(0, 300), -1);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	converse(ssl, fd);
	ck_assert_int_eq(house_ended(0, 3000), EXIT_RETIRED);
}
END_TEST

START_TEST(without_a_certificate_there_is_no_gate)
{
	house_certificate[1][0].cert = house_path("missing.pem");
	house_gate[0] = fork();
	if (house_gate[0] == 0)
		gate_main(1, &house_task);
	ck_assert_int_eq(house_ended(0, 5000), EXIT_FAILED);
	ck_assert_int_ne(atomic_load(&slots.at[1].state), SLOT_LIVE);
}
END_TEST

START_TEST(the_client_is_whom_proxy_names)
{
	static const char header[]
	    = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n";
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	size_t n = sizeof header - 1;
	char text[ADDR_TEXT];

	house_listener[0].proxy_protocol = true;
	house_begin(0);
	int without = house_connect(0);
	ck_assert_int_eq(SSL_connect(house_ssl(ctx, without, NULL)), -1);
	for (size_t cut = 1; cut < n; cut += 7) {
		int client = house_connect(0);
		SSL *ssl = house_ssl(ctx, client, NULL);
		ck_assert_int_gt(send(client, header, cut, 0), 0);
		usleep(10000);
		ck_assert_int_gt(send(client, header + cut, n - cut, 0), 0);
		ck_assert_int_eq(SSL_connect(ssl), 1);
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		addr_format(&arrival.from, text);
		ck_assert_str_eq(text, "192.0.2.7:4711");
		addr_format_ip(&arrival.peer, text);
		ck_assert_str_eq(text, "127.0.0.1");
		counts_are_the_kernels(fd);
		converse(ssl, fd);
	}
}
END_TEST

/* A certificate of 60 KB: more than small buffers hold of the last flight of
 * TLS 1.2, or the only one of 1.3. */
static void certify_at_length(void)
{
	struct house_cert c = house_make("a.test", false, 90, NULL);
	char *names = malloc(80000);
	size_t n = (size_t)sprintf(names, "DNS:a.test");

	for (unsigned i = 0; i < 1000; i++)
		n += (size_t)sprintf(names + n,
		    ",DNS:%04u-%050u.test", i, i);
	X509_EXTENSION_free(X509_delete_ext(c.cert, X509_get_ext_by_NID(c.cert,
	    NID_subject_alt_name, -1)));
	house_extend(c.cert, c.cert, NID_subject_alt_name, names);
	ck_assert_int_gt(X509_sign(c.cert, c.key, EVP_sha256()), 0);
	house_certificate[0][0].cert = house_write("long.pem", &c, true);
	free(names);
}

START_TEST(who_reads_slowly_gets_all)
{
	SSL_CTX *ctx = house_client(_i ? TLS1_3_VERSION : TLS1_2_VERSION,
	    NULL);
	int small = 4096, client = socket(AF_INET, SOCK_STREAM, 0);
	SSL *ssl = house_ssl(ctx, client, "a.test");

	certify_at_length();
	SSL_set_max_cert_list(ssl, 200000);
	setsockopt(house_lobby.gated[0].fd, SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof small);
	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	house_begin(0);
	ck_assert_int_eq(connect(client, (void *)&house_at[0],
	    sizeof house_at[0]), 0);
	SSL_set_connect_state(ssl);
	fcntl(client, F_SETFL, O_NONBLOCK);
	ck_assert_int_eq(SSL_connect(ssl), -1);
	usleep(200000); /* the gate waits for room */
	fcntl(client, F_SETFL, 0);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	converse(ssl, fd);
}
END_TEST

static int connects(const char *server)
{
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	int client = house_connect(0);
	SSL *ssl = house_ssl(ctx, client, server);
	int done = SSL_connect(ssl);

	close(client);
	return done;
}

START_TEST(strangers_names_are_refused)
{
	house_listener[0].tls.strict_sni = true;
	house_begin(0);
	ck_assert_int_eq(connects("a.test"), 1);
	ck_assert_int_ge(house_receive(&arrival, 3000), 0);
	ck_assert_uint_eq(arrival.nfacts, 7);
	ck_assert_mem_eq(arrival.facts, "a.test\n", 7);
	ck_assert_int_ne(connects("c.test"), 1);
	ck_assert_int_ne(connects("127.0.0.1"), 1);
	ck_assert_int_ne(connects(NULL), 1);
	ck_assert_int_eq(connects("A.TEST"), 1);
	ck_assert_int_ge(house_receive(&arrival, 3000), 0);
	ck_assert_int_eq(house_receive(&arrival, 100), -1);
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
	tcase_add_loop_test(tc,
	    what_follows_the_handshake_is_left_in_the_socket, 0, 2);
	tcase_add_test(tc, pieces_of_any_size);
	tcase_add_test(tc, who_says_nothing_or_nonsense_delays_nobody);
	tcase_add_test(tc, a_family_that_is_full_is_sent_nobody);
	tcase_add_test(tc, a_family_that_is_slow_gets_all);
	tcase_add_test(tc, who_retires_ends_what_it_has_begun);
	tcase_add_test(tc, without_a_certificate_there_is_no_gate);
	tcase_add_test(tc, the_client_is_whom_proxy_names);
	tcase_add_loop_test(tc, who_reads_slowly_gets_all, 0, 2);
	tcase_add_test(tc, strangers_names_are_refused);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
