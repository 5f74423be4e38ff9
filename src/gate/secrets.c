/* SPDX-License-Identifier: BSD-2-Clause */
/* The secrets of a handshake, taken from OpenSSL for the record layer. */
#include "gate/secrets.h"

#include <openssl/crypto.h>
#include <string.h>

static int place = -1; /* of struct secrets in an SSL */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint8_t from_hex(const char *p, uint8_t *to)
{
	unsigned n = 0;

	for (; n < SECRETS_MOST; n++, p += 2) {
		int high = digit(p[0]), low = high < 0 ? -1 : digit(p[1]);
		if (low < 0)
			break;
		to[n] = (uint8_t)(high << 4 | low);
	}
	return (uint8_t)n;
}

/* "LABEL client_random secret", the last two in hex. From here on records are
 * under the key that it gives: so their counts begin anew. */
static void hear(const SSL *ssl, const char *line)
{
	struct secrets *s = SSL_get_ex_data(ssl, place);
	const char *last = strrchr(line, ' ');
	bool is_server = SSL_is_server(ssl);

	if (s == NULL || last == NULL)
		return;
	if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0) {
		s->nclient = from_hex(last + 1, s->client);
		*(is_server ? &s->read : &s->written) = 0;
	} else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0) {
		s->nserver = from_hex(last + 1, s->server);
		*(is_server ? &s->written : &s->read) = 0;
	} else {
		return;
	}
	SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(ssl), NULL);
}

/* The keys that come of a KeyUpdate it shows to nobody: ours are of no use. */
static void hear_message(struct secrets *s, const SSL *ssl, uint8_t type)
{
	if (type == SSL3_MT_FINISHED)
		SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(ssl), hear);
	else if (type == SSL3_MT_KEY_UPDATE)
		s->nclient = s->nserver = 0;
}

/* OpenSSL shows the head of each record that it reads or writes, and each
 * message. It tells five secrets, and takes 4 us for each to print it; those
 * that are wanted follow a Finished message of TLS 1.3. */
static void observe(int written, int version, int type, const void *p,
    size_t n, SSL *ssl, void *arg)
{
	struct secrets *s = arg;

	if (s == NULL)
		return;
	if (type == SSL3_RT_HEADER)
		*(written ? &s->written : &s->read) += 1;
	else if (type == SSL3_RT_HANDSHAKE && version == TLS1_3_VERSION
	    && n > 0)
		hear_message(s, ssl, *(const uint8_t *)p);
}

bool secrets_listen(SSL_CTX *ctx)
{
	if (place < 0)
		place = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	SSL_CTX_set_msg_callback(ctx, observe);
	return place >= 0;
}

bool secrets_attach(SSL *ssl, struct secrets *s)
{
	memset(s, 0, sizeof *s);
	SSL_set_msg_callback_arg(ssl, s);
	return SSL_set_ex_data(ssl, place, s) == 1;
}

static bool name_suite(const SSL_CIPHER *cipher, struct record_keys *k)
{
	int nid = cipher ? SSL_CIPHER_get_cipher_nid(cipher) : NID_undef;

	k->suite = nid == NID_aes_128_gcm ? RECORD_AES_128_GCM
	    : nid == NID_aes_256_gcm ? RECORD_AES_256_GCM
	    : nid == NID_chacha20_poly1305 ? RECORD_CHACHA20_POLY1305
	    : RECORD_NONE;
	k->secret_bytes = k->suite == RECORD_AES_256_GCM ? 48 : 32;
	return k->suite != RECORD_NONE;
}

static bool take_13(SSL *ssl, const struct secrets *s, struct record_keys *k)
{
	bool is_server = SSL_is_server(ssl);

	return s->nclient == k->secret_bytes && s->nserver == k->secret_bytes
	    && record_keys_13(k, is_server ? s->client : s->server,
	    is_server ? s->server : s->client);
}

static bool take_12(SSL *ssl, struct record_keys *k)
{
	uint8_t master[48], client[32], server[32];
	bool fine = SSL_SESSION_get_master_key(SSL_get_session(ssl), master,
	    sizeof master) == sizeof master
	    && SSL_get_client_random(ssl, client, 32) == 32
	    && SSL_get_server_random(ssl, server, 32) == 32
	    && record_keys_12(k, master, client, server, SSL_is_server(ssl));

	OPENSSL_cleanse(master, sizeof master);
	return fine;
}

/* What the client may have asked for (RFC 6066, 4); OpenSSL agrees always. */
static uint16_t most_of(SSL *ssl)
{
	const SSL_SESSION *session = SSL_get_session(ssl);
	unsigned n = session ? SSL_SESSION_get_max_fragment_length(session)
	    : 0;

	return (uint16_t)(n >= TLSEXT_max_fragment_length_512
	    && n <= TLSEXT_max_fragment_length_4096 ? 512u << (n - 1) : 0);
}

bool secrets_take(SSL *ssl, const struct secrets *s, struct session *to,
    uint64_t *rseq, uint64_t *wseq)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	struct record_keys *k = &to->keys;

	if (!name_suite(cipher, k) || SSL_has_pending(ssl))
		return false;
	to->cipher = SSL_CIPHER_get_protocol_id(cipher);
	to->resumed = SSL_session_reused(ssl) == 1;
	to->most = most_of(ssl);
	k->version = (uint16_t)SSL_version(ssl);
	*rseq = s->read;
	*wseq = s->written;
	if (k->version == RECORD_TLS13)
		return take_13(ssl, s, k);
	*rseq = *wseq = 1; /* the Finished message of each side */
	return k->version == RECORD_TLS12 && take_12(ssl, k);
}

void secrets_wipe(struct secrets *s)
{
	OPENSSL_cleanse(s, sizeof *s);
}
