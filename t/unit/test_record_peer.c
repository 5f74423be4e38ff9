/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of TLS: OpenSSL does the handshake and speaks at the other end. */
/* links: net base */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/record.h"

static const struct {
	int version;
	const char *ciphers;
	enum record_suite suite;
} kinds[] = {
	{TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", RECORD_AES_128_GCM},
	{TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", RECORD_AES_256_GCM},
	{TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256",
	 RECORD_CHACHA20_POLY1305},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256",
	 RECORD_AES_128_GCM},
	{TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384",
	 RECORD_AES_256_GCM},
	{TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305",
	 RECORD_CHACHA20_POLY1305},
};

/* Of the keylog callback: secrets of client and server. */
static uint8_t secrets[2][48];
static size_t nsecret;

static void note_secret(const SSL *ssl, const char *line)
{
	static const char *const names[] = {"CLIENT_TRAFFIC_SECRET_0 ",
		"SERVER_TRAFFIC_SECRET_0 "};
	const char *hex;
	unsigned byte;

	(void)ssl;
	for (int i = 0; i < 2; i++) {
		if (strncmp(line, names[i], strlen(names[i])) != 0)
			continue;
		hex = strrchr(line, ' ') + 1;
		for (nsecret = 0; sscanf(hex, "%2x", &byte) == 1; hex += 2)
			secrets[i][nsecret++] = (uint8_t)byte;
	}
}

static void set_certificate(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static SSL *open_ssl(int kind, bool is_server)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	SSL *ssl;

	SSL_CTX_set_min_proto_version(ctx, kinds[kind].version);
	SSL_CTX_set_max_proto_version(ctx, kinds[kind].version);
	if (kinds[kind].version == TLS1_3_VERSION)
		ck_assert(SSL_CTX_set_ciphersuites(ctx, kinds[kind].ciphers));
	else
		ck_assert(SSL_CTX_set_cipher_list(ctx, kinds[kind].ciphers));
	SSL_CTX_set_keylog_callback(ctx, note_secret);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (is_server)
		set_certificate(ctx);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (is_server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

static void carry_bytes(SSL *from, SSL *to)
{
	char bytes[4096];
	int n;

	while ((n = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes)) > 0)
		ck_assert_int_eq(BIO_write(SSL_get_rbio(to), bytes, n), n);
}

static void take_keys(struct record_keys *k, int kind, SSL *ssl,
    bool is_server)
{
	uint8_t master[48], client[32], server[32];

	memset(k, 0, sizeof *k);
	k->version = (uint16_t)kinds[kind].version;
	k->suite = (uint8_t)kinds[kind].suite;
	k->secret_bytes = (uint8_t)nsecret;
	if (k->version == RECORD_TLS13) {
		ck_assert(record_keys_13(k, secrets[!is_server],
		    secrets[is_server]));
		return;
	}
	ck_assert_uint_eq(SSL_SESSION_get_master_key(SSL_get_session(ssl),
	    master, sizeof master), 48);
	SSL_get_client_random(ssl, client, 32);
	SSL_get_server_random(ssl, server, 32);
	ck_assert(record_keys_12(k, master, client, server, is_server));
}

/* The other end; ours is what a record layer is: keys and numbers. */
struct ours {
	SSL *peer;
	struct record_keys k;
	uint64_t rseq, wseq;
	unsigned rkey, wkey;
};

static void meet(struct ours *o, int kind, bool is_server)
{
	SSL *own = open_ssl(kind, is_server), *peer = open_ssl(kind,
	    !is_server);

	for (int i = 0; i < 4; i++) {
		SSL_do_handshake(own);
		carry_bytes(own, peer);
		SSL_do_handshake(peer);
		carry_bytes(peer, own);
	}
	ck_assert(SSL_is_init_finished(own) && SSL_is_init_finished(peer));
	memset(o, 0, sizeof *o);
	o->peer = peer;
	take_keys(&o->k, kind, own, is_server);
	o->rseq = o->wseq = o->k.version == RECORD_TLS12;
	SSL_free(own);
}

/* The peer's next record. */
static void receives(struct ours *o, enum record_type want, const char *bytes,
    size_t n)
{
	char wire[RECORD_WIRE], plain[RECORD_WIRE];
	enum record_alert alert;
	enum record_type type;
	size_t length, got;
	BIO *bio = SSL_get_wbio(o->peer);

	ck_assert_int_eq(BIO_read(bio, wire, RECORD_HEAD), RECORD_HEAD);
	ck_assert_int_eq(record_look(&o->k, wire, RECORD_HEAD, &length,
	    &alert), RECORD_MORE);
	ck_assert_int_eq(BIO_read(bio, wire + RECORD_HEAD, (int)length -
	    RECORD_HEAD), (int)length - RECORD_HEAD);
	ck_assert_int_eq(record_look(&o->k, wire, length, &length, &alert),
	    RECORD_FINE);
	ck_assert_int_eq(record_open(&o->k, &o->k.read[o->rkey], o->rseq++,
	    wire, length, plain, &type, &got, &alert), RECORD_FINE);
	ck_assert_int_eq(type, want);
	ck_assert_uint_eq(got, n);
	ck_assert_mem_eq(plain, bytes, n);
}

static void sends(struct ours *o, enum record_type type, const char *bytes,
    size_t n)
{
	char wire[RECORD_PLAIN + RECORD_COST];
	struct iovec v = {(void *)bytes, n};
	size_t length = record_seal(&o->k, &o->k.write[o->wkey], o->wseq++,
	    type, &v, 1, wire);

	ck_assert_uint_gt(length, n);
	ck_assert_int_eq(BIO_write(SSL_get_rbio(o->peer), wire, (int)length),
	    (int)length);
}

static void peer_reads(struct ours *o, const char *bytes, size_t n)
{
	char got[RECORD_PLAIN];

	ck_assert_int_eq(SSL_read(o->peer, got, sizeof got), (int)n);
	ck_assert_mem_eq(got, bytes, n);
}

static void talk(struct ours *o)
{
	static char large[RECORD_PLAIN];

	for (unsigned i = 0; i < sizeof large; i++)
		large[i] = (char)(i * 7);
	ck_assert_int_eq(SSL_write(o->peer, "hello", 5), 5);
	receives(o, RECORD_DATA, "hello", 5);
	sends(o, RECORD_DATA, "answer", 6);
	peer_reads(o, "answer", 6);
	ck_assert_int_eq(SSL_write(o->peer, large, sizeof large),
	    sizeof large);
	receives(o, RECORD_DATA, large, sizeof large);
	sends(o, RECORD_DATA, "", 0);
	sends(o, RECORD_DATA, large, sizeof large);
	peer_reads(o, large, sizeof large);
}

static void part(struct ours *o)
{
	SSL_shutdown(o->peer);
	receives(o, RECORD_ALERT, "\1\0", 2);
	sends(o, RECORD_ALERT, "\1\0", 2);
	ck_assert_int_eq(SSL_shutdown(o->peer), 1);
	SSL_free(o->peer);
}

START_TEST(a_client_of_openssl_is_understood)
{
	struct ours o;

	meet(&o, _i, true);
	talk(&o);
	part(&o);
}
END_TEST

START_TEST(a_server_of_openssl_is_understood)
{
	struct ours o;

	meet(&o, _i, false);
	talk(&o);
	part(&o);
}
END_TEST

static void peer_updates(struct ours *o)
{
	ck_assert(SSL_key_update(o->peer, SSL_KEY_UPDATE_REQUESTED));
	ck_assert_int_eq(SSL_write(o->peer, "new", 3), 3);
	receives(o, RECORD_HANDSHAKE, "\x18\0\0\1\1", 5);
	ck_assert(record_next(&o->k, &o->k.read[o->rkey],
	    &o->k.read[!o->rkey]));
	o->rkey = !o->rkey;
	o->rseq = 0;
	receives(o, RECORD_DATA, "new", 3);
}

static void we_update(struct ours *o)
{
	sends(o, RECORD_HANDSHAKE, "\x18\0\0\1\0", 5);
	ck_assert(record_next(&o->k, &o->k.write[o->wkey],
	    &o->k.write[!o->wkey]));
	o->wkey = !o->wkey;
	o->wseq = 0;
	sends(o, RECORD_DATA, "ours", 4);
	peer_reads(o, "ours", 4);
}

START_TEST(keys_are_updated_both_ways)
{
	struct ours o;

	meet(&o, _i, _i % 2);
	for (int i = 0; i < 5; i++) {
		peer_updates(&o);
		we_update(&o);
		talk(&o);
	}
	part(&o);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record_peer");
	TCase *tc = tcase_create("record_peer");
	SRunner *runner;
	int failed;

	if (!record_init())
		return EXIT_FAILURE;
	tcase_add_loop_test(tc, a_client_of_openssl_is_understood, 0, 6);
	tcase_add_loop_test(tc, a_server_of_openssl_is_understood, 0, 6);
	tcase_add_loop_test(tc, keys_are_updated_both_ways, 0, 3);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
