/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of records from the secrets of a handshake. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "net/record.h"

/* Fetched once, and kept: fetching costs more than what they do. HMAC with
 * SHA-256 and with SHA-384. */
static EVP_KDF *prf;
static EVP_MAC_CTX *hmac[2];

static const struct {
	size_t key, iv12; /* bytes; of the iv in TLS 1.2 */
	const char *prf;  /* TLS 1.2: its hash */
} sizes[] = {
	[RECORD_AES_128_GCM] = {16, 4, "SHA2-256"},
	[RECORD_AES_256_GCM] = {32, 4, "SHA2-384"},
	[RECORD_CHACHA20_POLY1305] = {32, 12, "SHA2-256"},
};

static OSSL_PARAM text(const char *name, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(name, (char *)value, 0);
}

static OSSL_PARAM bytes(const char *name, const void *value, size_t n)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)value, n);
}

static bool derive(EVP_KDF *kdf, const OSSL_PARAM *params, uint8_t *to,
    size_t n)
{
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool fine = ctx != NULL && EVP_KDF_derive(ctx, to, n, params) == 1;

	EVP_KDF_CTX_free(ctx);
	return fine;
}

static EVP_MAC_CTX *make_hmac(EVP_MAC *mac, const char *digest)
{
	static const uint8_t zeros[32];
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	OSSL_PARAM params[] = {
		text(OSSL_MAC_PARAM_DIGEST, digest),
		OSSL_PARAM_construct_end()
	};

	if (ctx && EVP_MAC_init(ctx, zeros, sizeof zeros, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

bool record_keys_init(void)
{
	EVP_MAC *mac;

	if (prf != NULL)
		return true;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	hmac[0] = make_hmac(mac, "SHA2-256");
	hmac[1] = make_hmac(mac, "SHA2-384");
	EVP_MAC_free(mac);
	prf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	return hmac[0] != NULL && hmac[1] != NULL && prf != NULL;
}

static EVP_MAC_CTX *hmac_of(const struct record_keys *k)
{
	return hmac[k->secret_bytes == 48];
}

/* HKDF-Expand-Label(secret, label, "", n) of RFC 8446, 7.1. n is the hash's
 * length or less: so the first block of HKDF-Expand (RFC 5869, 2.3) is all. */
static bool expand(const struct record_keys *k, const uint8_t *secret,
    const char *label, uint8_t *to, size_t n)
{
	size_t nlabel = strlen(label), nblock;
	uint8_t head[] = {0, (uint8_t)n, (uint8_t)(6 + nlabel), 't', 'l', 's',
		'1', '3', ' '};
	static const uint8_t tail[] = {0, 1}; /* no context; block 1 */
	uint8_t block[EVP_MAX_MD_SIZE];
	EVP_MAC_CTX *ctx = hmac_of(k);
	bool fine = EVP_MAC_init(ctx, secret, k->secret_bytes, NULL) == 1 &&
	    EVP_MAC_update(ctx, head, sizeof head) == 1 &&
	    EVP_MAC_update(ctx, (const uint8_t *)label, nlabel) == 1 &&
	    EVP_MAC_update(ctx, tail, sizeof tail) == 1 &&
	    EVP_MAC_final(ctx, block, &nblock, sizeof block) == 1 &&
	    nblock >= n;

	if (fine)
		memcpy(to, block, n);
	OPENSSL_cleanse(block, sizeof block);
	return fine;
}

/* A key of zeros takes the place of the secret that HMAC holds. */
static void forget(const struct record_keys *k)
{
	static const uint8_t zeros[48];

	EVP_MAC_init(hmac_of(k), zeros, k->secret_bytes, NULL);
}

/* RFC 8446, 7.3; the secret stands in key->secret. */
static bool fill(const struct record_keys *k, struct record_key *key)
{
	return expand(k, key->secret, "key", key->key, sizes[k->suite].key) &&
	    expand(k, key->secret, "iv", key->iv, sizeof key->iv);
}

static bool is_lawful(const struct record_keys *k, unsigned version)
{
	return k->version == version && k->suite > RECORD_NONE &&
	    k->suite <= RECORD_CHACHA20_POLY1305 && prf != NULL &&
	    (version == RECORD_TLS12 || k->secret_bytes == 32 ||
	    k->secret_bytes == 48);
}

bool record_keys_13(struct record_keys *k, const uint8_t *read_secret,
    const uint8_t *write_secret)
{
	if (!is_lawful(k, RECORD_TLS13))
		return false;
	memcpy(k->read[0].secret, read_secret, k->secret_bytes);
	memcpy(k->write[0].secret, write_secret, k->secret_bytes);
	bool fine = fill(k, &k->read[0]) && fill(k, &k->write[0]);
	forget(k);
	return fine;
}

bool record_next(const struct record_keys *k, const struct record_key *now,
    struct record_key *next)
{
	if (!is_lawful(k, RECORD_TLS13))
		return false;
	bool fine = expand(k, now->secret, "traffic upd", next->secret,
	    k->secret_bytes) && fill(k, next);
	forget(k);
	return fine;
}

bool record_keys_12(struct record_keys *k, const uint8_t *master,
    const uint8_t *client_random, const uint8_t *server_random,
    bool is_server)
{
	struct record_key *client = is_server ? &k->read[0] : &k->write[0];
	struct record_key *server = is_server ? &k->write[0] : &k->read[0];
	uint8_t block[2 * (32 + 12)], *p = block;
	size_t key, iv;

	if (!is_lawful(k, RECORD_TLS12))
		return false;
	OSSL_PARAM params[] = {
		text(OSSL_KDF_PARAM_DIGEST, sizes[k->suite].prf),
		bytes(OSSL_KDF_PARAM_SECRET, master, 48),
		bytes(OSSL_KDF_PARAM_SEED, "key expansion", 13),
		bytes(OSSL_KDF_PARAM_SEED, server_random, 32),
		bytes(OSSL_KDF_PARAM_SEED, client_random, 32),
		OSSL_PARAM_construct_end()
	};
	key = sizes[k->suite].key;
	iv = sizes[k->suite].iv12;
	if (!derive(prf, params, block, 2 * (key + iv)))
		return false;
	memcpy(client->key, p, key);
	memcpy(server->key, p += key, key);
	memcpy(client->iv, p += key, iv);
	memcpy(server->iv, p += iv, iv);
	OPENSSL_cleanse(block, sizeof block);
	return true;
}
