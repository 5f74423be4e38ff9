/* SPDX-License-Identifier: BSD-2-Clause */
/* Errands: connections to backends that a gate makes, and its checks. */
/* links: gate shm http net conf base */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "gatehouse.h"

#include <sys/ioctl.h>

#include "net/record.h"

static const char request[] = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

static struct conf_pool pool;
static struct conf_backend backend;
static struct arrival arrival;
static struct checked checked;
static int server_fd;
static struct sockaddr_in server_at;
static SSL_CTX *server;
static struct house_cert authority;
static SSL *accepted[64];
static unsigned naccepted;

static void listen_as_backend(void)
{
	socklen_t n = sizeof server_at;

	server_at = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	server_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(server_fd, (void *)&server_at, n), 0);
	ck_assert_int_eq(listen(server_fd, 16), 0);
	getsockname(server_fd, (void *)&server_at, &n);
}

static void certify(const char *name, long days, bool by_authority)
{
	struct house_cert c = house_make(name, false, days, by_authority
	    ? &authority : NULL);

	SSL_CTX_use_certificate(server, c.cert);
	SSL_CTX_use_PrivateKey(server, c.key);
}

static void setup(void)
{
	house_setup();
	ck_assert(record_init());
	house_lobby.ngated = 0;
	authority = house_make("Authority", false, 90, NULL);
	server = SSL_CTX_new(TLS_server_method());
	certify("a.test", 90, true);
	listen_as_backend();
	backend = (struct conf_backend){.name = "b", .pool_name = "app",
		.tls = true, .members = 1};
	pool = (struct conf_pool){.name = "app", .backends = &backend,
		.nbackends = 1, .tls = {.on = true, .where = "test:1",
		.verify = true, .ca = house_write("ca.pem", &authority,
		false)}};
	house_conf.pools = &pool;
	house_conf.npools = house_conf.nbackends = 1;
}

static void teardown(void)
{
	while (naccepted > 0)
		SSL_free(accepted[--naccepted]);
	house_teardown();
}

static void only_version(int version, const char *suite)
{
	SSL_CTX_set_min_proto_version(server, version);
	SSL_CTX_set_max_proto_version(server, version);
	if (suite && version == TLS1_3_VERSION)
		ck_assert(SSL_CTX_set_ciphersuites(server, suite));
	else if (suite)
		ck_assert(SSL_CTX_set_cipher_list(server, suite));
}

static struct call plan(enum call_kind kind, const char *name)
{
	struct call c = {.kind = kind, .row = 7, .serial = 8, .number = 9,
		.version = 3, .timeout = 3000};

	c.to.in = server_at;
	c.to.len = sizeof server_at;
	c.nserver = (uint32_t)strlen(name);
	memcpy(c.server, name, c.nserver);
	return c;
}

static void send_bytes(const struct call *c, size_t n)
{
	ck_assert_int_eq(send(house_lobby.calls[1], c, n, 0), (ssize_t)n);
}

static void send_call(const struct call *c)
{
	send_bytes(c, offsetof(struct call, request) + c->nrequest);
}

static int accept_one(void)
{
	struct timeval t = {5, 0};
	struct pollfd p = {server_fd, POLLIN, 0};

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	int fd = accept(server_fd, NULL, NULL);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	return fd;
}

static SSL *accept_over(int fd)
{
	SSL *ssl = SSL_new(server);

	ck_assert_uint_lt(naccepted, 64);
	accepted[naccepted++] = ssl;
	SSL_set_fd(ssl, fd);
	return ssl;
}

/* A call, and the handshake as its backend does it. */
static SSL *call_and_accept(const char *name)
{
	struct call c = plan(CALL_CONNECT, name);

	send_call(&c);
	SSL *ssl = accept_over(accept_one());
	ck_assert_int_eq(SSL_accept(ssl), 1);
	return ssl;
}

static void hear_failure(int ms)
{
	struct pollfd p = {house_lobby.arrivals[0], POLLIN, 0};

	ck_assert_int_eq(poll(&p, 1, ms), 1);
	ssize_t n = recv(p.fd, &arrival, sizeof arrival, 0);
	ck_assert_int_ge(n, (ssize_t)offsetof(struct arrival, facts));
	ck_assert_uint_eq(arrival.row, 7);
	ck_assert_uint_eq(arrival.serial, 8);
	ck_assert_uint_eq(arrival.number, 9);
}

static void hear_check(void)
{
	struct pollfd p = {house_lobby.checked[0], POLLIN, 0};

	ck_assert_int_eq(poll(&p, 1, 3000), 1);
	ssize_t n = recv(p.fd, &checked, sizeof checked, 0);
	ck_assert_int_ge(n, (ssize_t)offsetof(struct checked, bytes));
	ck_assert_uint_eq((size_t)n, offsetof(struct checked, bytes)
	    + checked.n);
	ck_assert_uint_eq(checked.row, 7);
	ck_assert_uint_eq(checked.serial, 8);
}

static void expect_refusal(const char *name, const char *why)
{
	struct call c = plan(CALL_CONNECT, name);

	house_begin(0);
	send_call(&c);
	SSL_accept(accept_over(accept_one()));
	hear_failure(3000);
	ck_assert_uint_eq(arrival.kind, ARRIVAL_FAILED);
	ck_assert_str_eq(arrival.why, why);
}

/* As a worker does it. */
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

static void expect_record(int fd, const char *text)
{
	char wire[RECORD_WIRE], plain[RECORD_WIRE];
	struct record_keys *k = &arrival.session.keys;
	enum record_alert alert;
	enum record_type type;
	struct pollfd p = {fd, POLLIN, 0};
	size_t length, n;

	do {
		ck_assert_int_eq(poll(&p, 1, 3000), 1);
		ck_assert_int_eq(recv(fd, wire, RECORD_HEAD, 0), RECORD_HEAD);
		ck_assert_int_ne(record_look(k, wire, RECORD_HEAD, &length,
		    &alert), RECORD_BAD);
		ck_assert_int_eq(recv(fd, wire + RECORD_HEAD, length
		    - RECORD_HEAD, 0), (ssize_t)(length - RECORD_HEAD));
		ck_assert_int_eq(record_open(k, &k->read[0], arrival.rseq++,
		    wire, length, plain, &type, &n, &alert), RECORD_FINE);
	} while (type == RECORD_HANDSHAKE); /* tickets */
	ck_assert_int_eq(type, RECORD_DATA);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_mem_eq(plain, text, n);
}

static void converse(SSL *ssl, int fd)
{
	char text[100];

	send_record(fd, request);
	ck_assert_int_eq(SSL_read(ssl, text, sizeof text),
	    sizeof request - 1);
	ck_assert_mem_eq(text, request, sizeof request - 1);
	ck_assert_int_eq(SSL_write(ssl, answer, sizeof answer - 1),
	    sizeof answer - 1);
	expect_record(fd, answer);
}

/* One more byte is counted as sent on sockets that connected. */
static bool counts_agree(int fd)
{
	struct tcp_info info;
	socklen_t n = sizeof info;
	int unread;

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n), 0);
	ck_assert_int_eq(ioctl(fd, FIONREAD, &unread), 0);
	return arrival.rx + (unsigned)unread == info.tcpi_bytes_received
	    && arrival.tx + 1 == info.tcpi_bytes_acked;
}

static void counts_are_the_kernels(int fd)
{
	for (unsigned i = 0; i < 300 && !counts_agree(fd); i++)
		usleep(10000); /* until all is acknowledged */
	ck_assert(counts_agree(fd));
}

static const struct {
	int version;
	const char *suite;
} kinds[] = {
	{TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"},
	{TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384"},
	{TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256"},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"},
	{TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"},
};

START_TEST(every_suite_is_handed_over)
{
	only_version(kinds[_i].version, kinds[_i].suite);
	house_begin(0);
	SSL *ssl = call_and_accept("a.test");
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(arrival.kind, ARRIVAL_BACKEND);
	ck_assert_uint_eq(arrival.row, 7);
	ck_assert_uint_eq(arrival.serial, 8);
	ck_assert_uint_eq(arrival.number, 9);
	ck_assert_uint_eq(arrival.version, 3);
	ck_assert_uint_eq(arrival.session.verified, SESSION_VERIFIED);
	ck_assert_str_eq(arrival.session.server, "a.test");
	ck_assert_str_eq(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
	    "a.test");
	counts_are_the_kernels(fd);
	converse(ssl, fd);
	converse(ssl, fd);
}
END_TEST

/* Tickets that come late are left to the worker, whole or in pieces. */
START_TEST(what_comes_behind_the_handshake_is_counted)
{
	only_version(TLS1_3_VERSION, NULL);
	SSL_CTX_set_num_tickets(server, 5);
	house_begin(0);
	for (int i = 0; i < 20; i++) {
		SSL *ssl = call_and_accept("a.test");
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		counts_are_the_kernels(fd);
		converse(ssl, fd);
		close(fd);
		close(SSL_get_fd(ssl));
	}
}
END_TEST

START_TEST(sessions_are_resumed)
{
	only_version(TLS1_2_VERSION, NULL);
	house_begin(0);
	for (int i = 0; i < 3; i++) {
		SSL *ssl = call_and_accept("a.test");
		int fd = house_receive(&arrival, 3000);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(arrival.session.resumed, i > 0);
		ck_assert_int_eq(SSL_session_reused(ssl), i > 0);
		converse(ssl, fd);
	}
}
END_TEST

/* Nor does a name that was verified vouch for another. */
START_TEST(sessions_are_of_their_name)
{
	only_version(TLS1_2_VERSION, NULL);
	house_begin(0);
	call_and_accept("a.test");
	ck_assert_int_ge(house_receive(&arrival, 3000), 0);
	struct call c = plan(CALL_CONNECT, "b.test");
	send_call(&c);
	SSL_accept(accept_over(accept_one()));
	hear_failure(3000);
	ck_assert_uint_eq(arrival.kind, ARRIVAL_FAILED);
}
END_TEST

START_TEST(foreign_authorities_are_refused)
{
	certify("a.test", 90, false);
	expect_refusal("a.test",
	    "certificate verify failed: self-signed certificate");
}
END_TEST

START_TEST(other_names_are_refused)
{
	expect_refusal("b.test", "certificate verify failed: hostname "
	    "mismatch: certificate is for a.test");
}
END_TEST

START_TEST(other_addresses_are_refused)
{
	expect_refusal("127.0.0.1", "certificate verify failed: IP address "
	    "mismatch: certificate is for a.test");
}
END_TEST

START_TEST(addresses_that_are_none_are_not_read)
{
	struct house_cert c = house_make("nobody", false, 90, NULL);

	house_extend(c.cert, c.cert, NID_subject_alt_name,
	    "DER:30:09:87:03:01:02:03:87:02:04:05");
	X509_set_issuer_name(c.cert, X509_get_subject_name(authority.cert));
	X509_sign(c.cert, authority.key, EVP_sha256());
	SSL_CTX_use_certificate(server, c.cert);
	SSL_CTX_use_PrivateKey(server, c.key);
	expect_refusal("127.0.0.1", "certificate verify failed: IP address "
	    "mismatch: certificate is for nobody");
}
END_TEST

START_TEST(what_has_ended_is_refused)
{
	certify("a.test", -1, true);
	expect_refusal("a.test",
	    "certificate verify failed: certificate has expired");
}
END_TEST

START_TEST(who_is_nobody_is_refused)
{
	struct call c = plan(CALL_CONNECT, "");

	house_begin(0);
	send_call(&c);
	hear_failure(3000);
	ck_assert_str_eq(arrival.why,
	    "there is no name that its certificate could be for");
}
END_TEST

START_TEST(nothing_is_verified_if_so_told)
{
	certify("c.test", -1, false);
	pool.tls.verify = false;
	house_begin(0);
	SSL *ssl = call_and_accept("b.test");
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(arrival.session.verified, SESSION_NOT_VERIFIED);
	converse(ssl, fd);
}
END_TEST

START_TEST(our_certificate_is_shown)
{
	struct house_cert own = house_make("us.test", false, 90, &authority);
	char name[100];

	pool.tls.cert = house_write("us.pem", &own, true);
	SSL_CTX_set_verify(server, SSL_VERIFY_PEER
	    | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(server), authority.cert);
	house_begin(0);
	SSL *ssl = call_and_accept("a.test");
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	X509_NAME_get_text_by_NID(X509_get_subject_name(
	    SSL_get0_peer_certificate(ssl)), NID_commonName, name,
	    sizeof name);
	ck_assert_str_eq(name, "us.test");
	converse(ssl, fd);
}
END_TEST

/* With TLS 1.3 it says so when the handshake is over for us. */
START_TEST(who_wants_a_certificate_says_so)
{
	struct call c = plan(_i & 1 ? CALL_CHECK : CALL_CONNECT, "a.test");

	if (_i & 2) {
		c.nrequest = sizeof request - 1;
		memcpy(c.request, request, c.nrequest);
	}
	SSL_CTX_set_verify(server, SSL_VERIFY_PEER
	    | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	house_begin(0);
	send_call(&c);
	ck_assert_int_ne(SSL_accept(accept_over(accept_one())), 1);
	if (c.kind == CALL_CHECK)
		hear_check();
	else
		hear_failure(3000);
	ck_assert_str_eq(_i & 1 ? checked.why : arrival.why,
	    "tlsv13 alert certificate required");
}
END_TEST

START_TEST(who_says_nothing_of_our_certificate_is_used)
{
	SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_num_tickets(server, 0);
	house_begin(0);
	SSL *ssl = call_and_accept("a.test");
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	counts_are_the_kernels(fd);
	converse(ssl, fd);
}
END_TEST

/* Nobody but OpenSSL knows its keys then. */
START_TEST(who_changes_its_keys_at_once_is_refused)
{
	SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_num_tickets(server, 0);
	house_begin(0);
	SSL *ssl = call_and_accept("a.test");
	ck_assert_int_eq(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	ck_assert_int_eq(SSL_do_handshake(ssl), 1);
	hear_failure(3000);
	ck_assert_uint_eq(arrival.kind, ARRIVAL_FAILED);
	ck_assert_str_eq(arrival.why, "no keys for its records");
}
END_TEST

START_TEST(some_bytes_may_come_first)
{
	struct call c = plan(CALL_CONNECT, "a.test");
	char text[10] = "";

	c.nfirst = 7;
	memcpy(c.first, "PROXY!\n", 7);
	house_begin(0);
	send_call(&c);
	int at = accept_one();
	ck_assert_int_eq(recv(at, text, 7, MSG_WAITALL), 7);
	ck_assert_str_eq(text, "PROXY!\n");
	SSL *ssl = accept_over(at);
	ck_assert_int_eq(SSL_accept(ssl), 1);
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	counts_are_the_kernels(fd);
	converse(ssl, fd);
}
END_TEST

START_TEST(who_does_not_listen_is_told)
{
	struct call c = plan(CALL_CONNECT, "a.test");

	close(server_fd);
	house_begin(0);
	send_call(&c);
	hear_failure(3000);
	ck_assert_uint_eq(arrival.kind, ARRIVAL_UNREACHED);
	ck_assert_str_eq(arrival.why, "Connection refused");
}
END_TEST

START_TEST(who_speaks_no_tls_is_told)
{
	struct call c = plan(CALL_CONNECT, "a.test");

	house_begin(0);
	send_call(&c);
	int at = accept_one();
	ck_assert_int_gt(send(at, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0),
	    0);
	hear_failure(3000);
	ck_assert_str_eq(arrival.why, "the answer is none of TLS");
	send_call(&c);
	close(accept_one());
	hear_failure(3000);
	ck_assert_uint_eq(arrival.kind, ARRIVAL_FAILED);
}
END_TEST

/* The caller has a deadline of its own; but the socket is closed. */
START_TEST(who_never_answers_is_left)
{
	struct call c = plan(CALL_CONNECT, "a.test");
	char bytes[1000];

	c.timeout = 100;
	house_begin(0);
	send_call(&c);
	int at = accept_one();
	ssize_t n;
	do
		n = recv(at, bytes, sizeof bytes, 0);
	while (n > 0);
	ck_assert_int_eq(n, 0);
}
END_TEST

/* ---- Checks ---- */

static SSL *check_and_accept(const char *text)
{
	struct call c = plan(CALL_CHECK, "a.test");

	c.nrequest = (uint32_t)strlen(text);
	memcpy(c.request, text, c.nrequest);
	send_call(&c);
	SSL *ssl = accept_over(accept_one());
	ck_assert_int_eq(SSL_accept(ssl), 1);
	return ssl;
}

START_TEST(a_handshake_may_be_all_of_a_check)
{
	house_begin(0);
	check_and_accept("");
	hear_check();
	ck_assert(checked.ended && !checked.failed);
	ck_assert_uint_eq(checked.n, 0);
}
END_TEST

START_TEST(answers_come_to_their_end)
{
	static char many[100000];
	size_t came = 0;
	char text[100];

	memset(many, 'x', sizeof many);
	house_begin(0);
	SSL *ssl = check_and_accept(request);
	ck_assert_int_eq(SSL_read(ssl, text, sizeof text),
	    sizeof request - 1);
	ck_assert_int_eq(SSL_write(ssl, many, sizeof many), sizeof many);
	if (_i)
		SSL_shutdown(ssl);
	close(SSL_get_fd(ssl));
	do {
		hear_check();
		ck_assert_str_eq(checked.why, "");
		for (uint32_t i = 0; i < checked.n; i++)
			ck_assert_int_eq(checked.bytes[i], 'x');
		came += checked.n;
	} while (!checked.ended);
	ck_assert_uint_eq(came, sizeof many);
}
END_TEST

START_TEST(checks_say_that_they_are_late)
{
	struct call c = plan(CALL_CHECK, "a.test");
	struct pollfd p = {house_lobby.checked[0], POLLIN, 0};

	c.timeout = 300;
	house_begin(0);
	send_call(&c);
	ck_assert_int_eq(poll(&p, 1, 250), 0);
	hear_check();
	ck_assert(checked.failed && !checked.ended);
	ck_assert_str_eq(checked.why, "");
}
END_TEST

START_TEST(checks_verify_too)
{
	struct call c = plan(CALL_CHECK, "b.test");

	house_begin(0);
	send_call(&c);
	SSL_accept(accept_over(accept_one()));
	hear_check();
	ck_assert(checked.failed);
	ck_assert_str_eq(checked.why, "certificate verify failed: hostname "
	    "mismatch: certificate is for a.test");
}
END_TEST

/* What a check brings serves a connection. */
START_TEST(sessions_of_checks_are_resumed)
{
	char text[100];

	only_version(TLS1_3_VERSION, NULL);
	house_begin(0);
	SSL *ssl = check_and_accept(request);
	ck_assert_int_gt(SSL_read(ssl, text, sizeof text), 0);
	ck_assert_int_gt(SSL_write(ssl, answer, sizeof answer - 1), 0);
	hear_check();
	ssl = call_and_accept("a.test");
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	ck_assert(SSL_session_reused(ssl));
	ck_assert(arrival.session.resumed);
	converse(ssl, fd);
}
END_TEST

/* ---- The family may be anybody's ---- */

START_TEST(nonsense_is_not_followed)
{
	const struct call fine = plan(CALL_CONNECT, "a.test");
	struct call c[] = {fine, fine, fine, fine, fine, fine, fine, fine};

	c[0].backend = 1;
	c[1].backend = UINT32_MAX;
	c[2].nserver = SESSION_SERVER;
	c[3].nfirst = CALL_FIRST + 1;
	c[4].to.len = UINT32_MAX;
	c[5].to.len = 0;
	c[6].kind = 77;
	c[7].timeout = 0;
	house_begin(0);
	for (unsigned i = 0; i < 8; i++)
		send_call(&c[i]);
	c[0] = fine;
	c[0].nrequest = CALL_REQUEST + 1;
	send_bytes(&c[0], sizeof c[0]);
	send_bytes(&fine, offsetof(struct call, request) - 1);
	send_bytes(&fine, 1);
	SSL *ssl = call_and_accept("a.test");
	int fd = house_receive(&arrival, 3000);
	ck_assert_int_ge(fd, 0);
	converse(ssl, fd);
	ck_assert_int_eq(poll(&(struct pollfd){server_fd, POLLIN, 0}, 1, 50),
	    0);
}
END_TEST

/* What the configuration fixes, no caller changes: 1 and 2, the address; 4,
 * the name; 8, a check at another port, which is lawful. */
START_TEST(nobody_else_is_called_in_its_place)
{
	struct call c = plan(_i & 8 ? CALL_CHECK : CALL_CONNECT, "a.test");
	bool refused = (_i & (1 | 4)) || (_i & (2 | 8)) == 2;

	backend.address.in = server_at;
	backend.address.len = sizeof server_at;
	if (_i & 1)
		backend.address.in.sin_addr.s_addr = htonl(0x7f000002);
	if (_i & (2 | 8))
		backend.address.in.sin_port = htons(1);
	if (_i & 8)
		pool.health.port = ntohs(server_at.sin_port);
	pool.tls.name = slice_str(_i & 4 ? "b.test" : "a.test.");
	house_begin(0);
	send_call(&c);
	ck_assert_int_eq(poll(&(struct pollfd){server_fd, POLLIN, 0}, 1,
	    refused ? 300 : 3000), !refused);
}
END_TEST

START_TEST(who_retires_ends_what_it_has_begun)
{
	struct call c = plan(CALL_CONNECT, "a.test");
	uint64_t one = 1;

	house_begin(0);
	send_call(&c);
	int at = accept_one();
	ck_assert_int_eq(write(house_task.retire, &one, sizeof one), 8);
	usleep(50000);
	send_call(&c);
	ck_assert_int_eq(house_ended(0, 100), -1);
	SSL *ssl = accept_over(at);
	ck_assert_int_eq(SSL_accept(ssl), 1);
	ck_assert_int_ge(house_receive(&arrival, 3000), 0);
	ck_assert_int_eq(house_ended(0, 3000), EXIT_RETIRED);
	/* the second call is for another gate */
	ck_assert_int_gt(recv(house_lobby.calls[0], &c, sizeof c, 0), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("errand");
	TCase *tc = tcase_create("errand");
	const TTest *const tests[] = {
		what_comes_behind_the_handshake_is_counted,
		sessions_are_resumed, sessions_are_of_their_name,
		foreign_authorities_are_refused, other_names_are_refused,
		other_addresses_are_refused,
		addresses_that_are_none_are_not_read,
		what_has_ended_is_refused,
		who_is_nobody_is_refused, nothing_is_verified_if_so_told,
		our_certificate_is_shown,
		who_says_nothing_of_our_certificate_is_used,
		who_changes_its_keys_at_once_is_refused,
		some_bytes_may_come_first,
		who_does_not_listen_is_told, who_speaks_no_tls_is_told,
		who_never_answers_is_left, a_handshake_may_be_all_of_a_check,
		checks_say_that_they_are_late,
		checks_verify_too, sessions_of_checks_are_resumed,
		nonsense_is_not_followed, who_retires_ends_what_it_has_begun,
	};

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_suite_is_handed_over, 0,
	    sizeof kinds / sizeof kinds[0]);
	tcase_add_loop_test(tc, who_wants_a_certificate_says_so, 0, 4);
	tcase_add_loop_test(tc, answers_come_to_their_end, 0, 2);
	tcase_add_loop_test(tc, nobody_else_is_called_in_its_place, 0, 12);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
