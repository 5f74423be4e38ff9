/* SPDX-License-Identifier: BSD-2-Clause */
/* Seals and opens records with the AEADs of OpenSSL. */
#include "net/record.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/log.h"

#define TAG 16u
#define NONCE 12u
#define EXPLICIT 8u /* of the nonce: TLS 1.2 with AES-GCM sends them */
#define AAD_MAX 13u

enum way { OPENING, SEALING, WAYS };

struct aead {
	const char *name;
	unsigned key_bytes;
	bool sends_nonce; /* in TLS 1.2 (RFC 5288, 3) */
	/* one for each way, for all connections of the process: a context
	 * costs an allocation, a key in it does not */
	EVP_CIPHER_CTX *ctx[WAYS];
};

static struct aead aeads[] = {
	[RECORD_AES_128_GCM] = {"AES-128-GCM", 16, true, {NULL}},
	[RECORD_AES_256_GCM] = {"AES-256-GCM", 32, true, {NULL}},
	[RECORD_CHACHA20_POLY1305] = {"ChaCha20-Poly1305", 32, false, {NULL}},
};

#define SUITES (sizeof aeads / sizeof aeads[0])

/* The key that a context was given last: as long as it stays the same, which
 * it does while one connection is carried, only the nonce is new. */
static struct {
	uint8_t suite; /* RECORD_NONE: there is none */
	uint8_t key[32];
} held[WAYS];

bool record_init(void)
{
	record_forget(); /* who was cloned may have been a worker before */
	for (unsigned i = 1; i < SUITES; i++) {
		struct aead *a = &aeads[i];
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, a->name, NULL);

		for (int way = 0; way < WAYS; way++) {
			if (a->ctx[way] == NULL)
				a->ctx[way] = EVP_CIPHER_CTX_new();
			if (cipher == NULL || a->ctx[way] == NULL ||
			    EVP_CipherInit_ex2(a->ctx[way], cipher, NULL,
			    NULL, way == SEALING, NULL) != 1) {
				EVP_CIPHER_free(cipher);
				return false;
			}
		}
		EVP_CIPHER_free(cipher);
	}
	return record_keys_init();
}

/* A key of zeros takes the place of the one that a context holds. */
static void forget(enum way way)
{
	static const uint8_t zeros[32];

	if (held[way].suite == RECORD_NONE)
		return;
	EVP_CipherInit_ex2(aeads[held[way].suite].ctx[way], NULL, zeros,
	    zeros, way == SEALING, NULL);
	OPENSSL_cleanse(&held[way], sizeof held[way]);
}

void record_forget(void)
{
	forget(OPENING);
	forget(SEALING);
}

/* The context of that suite and way, ready for one record. NULL if OpenSSL
 * fails. */
static EVP_CIPHER_CTX *context(const struct record_keys *k,
    const struct record_key *key, const uint8_t *nonce, enum way way)
{
	struct aead *a = &aeads[k->suite];
	bool same;

	MUST(a->ctx[way] != NULL);
	same = held[way].suite == k->suite &&
	    CRYPTO_memcmp(held[way].key, key->key, a->key_bytes) == 0;
	if (!same && held[way].suite != k->suite)
		forget(way);
	held[way].suite = RECORD_NONE;
	if (EVP_CipherInit_ex2(a->ctx[way], NULL, same ? NULL : key->key,
	    nonce, way == SEALING, NULL) != 1)
		return NULL;
	if (!same)
		memcpy(held[way].key, key->key, a->key_bytes);
	held[way].suite = k->suite;
	return a->ctx[way];
}

static void put_u64(uint8_t *to, uint64_t n)
{
	for (int i = 7; i >= 0; i--) {
		to[i] = (uint8_t)n;
		n >>= 8;
	}
}

static void put_u16(uint8_t *to, size_t n)
{
	to[0] = (uint8_t)(n >> 8);
	to[1] = (uint8_t)n;
}

/* Bytes of the nonce that stand in the record itself. */
static size_t explicit_bytes(const struct record_keys *k)
{
	MUST(k->suite > RECORD_NONE && k->suite < SUITES);
	return k->version == RECORD_TLS12 && aeads[k->suite].sends_nonce ?
	    EXPLICIT : 0;
}

/* RFC 8446, 5.3 and RFC 7905, 2: the number, added to the iv; RFC 5288, 3: the
 * salt, and what the sender chose. */
static void make_nonce(const struct record_keys *k,
    const struct record_key *key, uint64_t seq, const char *chosen,
    uint8_t *nonce)
{
	uint8_t number[8];

	if (explicit_bytes(k) > 0) {
		memcpy(nonce, key->iv, 4);
		memcpy(nonce + 4, chosen, EXPLICIT);
		return;
	}
	put_u64(number, seq);
	memcpy(nonce, key->iv, NONCE);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= number[i];
}

/* What the tag covers besides the content: RFC 8446, 5.2: the record's head;
 * RFC 5246, 6.2.3.3: its number, and the length of the plaintext. */
static size_t make_aad(const struct record_keys *k, uint64_t seq,
    const char *head, size_t n, uint8_t *aad)
{
	if (k->version == RECORD_TLS13) {
		memcpy(aad, head, RECORD_HEAD);
		return RECORD_HEAD;
	}
	put_u64(aad, seq);
	memcpy(aad + 8, head, 3);
	put_u16(aad + 11, n);
	return AAD_MAX;
}

static void put_head(const struct record_keys *k, enum record_type type,
    size_t length, char *to)
{
	uint8_t head[RECORD_HEAD];

	head[0] = (uint8_t)(k->version == RECORD_TLS13 ? RECORD_DATA : type);
	put_u16(head + 1, RECORD_TLS12);
	put_u16(head + 3, length);
	memcpy(to, head, sizeof head);
}

/* One piece through the cipher: as many bytes come out. */
static bool turn(EVP_CIPHER_CTX *ctx, const void *from, size_t n, char *to)
{
	int moved = 0;

	return n == 0 || (EVP_CipherUpdate(ctx, (unsigned char *)to, &moved,
	    from, (int)n) == 1 && (size_t)moved == n);
}

/* False for what is too long for a record. */
static bool measure(const struct iovec *v, int nv, size_t *n)
{
	*n = 0;
	for (int i = 0; i < nv; i++) {
		if (v[i].iov_len > RECORD_PLAIN - *n)
			return false;
		*n += v[i].iov_len;
	}
	return true;
}

static bool seal(EVP_CIPHER_CTX *ctx, const struct record_keys *k,
    enum record_type type, const struct iovec *v, int nv, char *to)
{
	const uint8_t inner = (uint8_t)type;
	unsigned char none[16];
	int moved = 0;

	for (int i = 0; i < nv; i++) {
		if (!turn(ctx, v[i].iov_base, v[i].iov_len, to))
			return false;
		to += v[i].iov_len;
	}
	if (k->version == RECORD_TLS13 && !turn(ctx, &inner, 1, to++))
		return false;
	return EVP_EncryptFinal_ex(ctx, none, &moved) == 1 && moved == 0 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)TAG, to) == 1;
}

size_t record_seal(const struct record_keys *k, const struct record_key *key,
    uint64_t seq, enum record_type type, const struct iovec *v, int nv,
    char *to)
{
	uint8_t nonce[NONCE], aad[AAD_MAX];
	size_t n, sealed, naad, before = explicit_bytes(k);
	EVP_CIPHER_CTX *ctx;
	int moved;

	MUST(measure(v, nv, &n));
	if (seq == UINT64_MAX)
		return 0;
	sealed = before + n + (k->version == RECORD_TLS13) + TAG;
	put_head(k, type, sealed, to);
	if (before > 0)
		put_u64((uint8_t *)to + RECORD_HEAD, seq);
	make_nonce(k, key, seq, to + RECORD_HEAD, nonce);
	naad = make_aad(k, seq, to, n, aad);
	ctx = context(k, key, nonce, SEALING);
	if (ctx == NULL ||
	    EVP_EncryptUpdate(ctx, NULL, &moved, aad, (int)naad) != 1 ||
	    !seal(ctx, k, type, v, nv, to + RECORD_HEAD + before)) {
		OPENSSL_cleanse(to, RECORD_HEAD + sealed);
		return 0;
	}
	return RECORD_HEAD + sealed;
}

static enum record_result bad(enum record_alert *alert, enum record_alert why)
{
	*alert = why;
	return RECORD_BAD;
}

enum record_result record_look(const struct record_keys *k, const char *p,
    size_t n, size_t *length, enum record_alert *alert)
{
	const uint8_t *head = (const uint8_t *)p;
	bool lawful;

	if (n < RECORD_HEAD)
		return RECORD_MORE;
	/* A handshake is behind us: in TLS 1.3 all that comes is sealed, and
	 * in 1.2 the ciphers change no more. */
	lawful = k->version == RECORD_TLS13 ? head[0] == RECORD_DATA :
	    head[0] >= RECORD_ALERT && head[0] <= RECORD_DATA;
	if (!lawful)
		return bad(alert, ALERT_UNEXPECTED_MESSAGE);
	if (head[1] != RECORD_TLS12 >> 8 || head[2] != (RECORD_TLS12 & 0xff))
		return bad(alert, ALERT_PROTOCOL_VERSION);
	*length = RECORD_HEAD + ((size_t)head[3] << 8 | head[4]);
	if (*length > RECORD_WIRE)
		return bad(alert, ALERT_RECORD_OVERFLOW);
	return n < *length ? RECORD_MORE : RECORD_FINE;
}

/* RFC 8446, 5.4: the type is the last byte that is not zero. */
static enum record_type strip(const char *to, size_t *n)
{
	while (*n > 0 && to[*n - 1] == 0)
		--*n;
	return *n > 0 ? (enum record_type)(uint8_t)to[--*n] : 0;
}

/* What is authentic may break the rules yet. */
static enum record_result weigh(const struct record_keys *k, const char *to,
    enum record_type *type, size_t *n, enum record_alert *alert)
{
	if (*n > RECORD_PLAIN + (k->version == RECORD_TLS13))
		return bad(alert, ALERT_RECORD_OVERFLOW);
	if (k->version == RECORD_TLS13)
		*type = strip(to, n);
	if (*type < RECORD_ALERT || *type > RECORD_DATA)
		return bad(alert, ALERT_UNEXPECTED_MESSAGE);
	/* RFC 8446, 5.4; RFC 5246, 6.2.1: only data may be empty. */
	if (*n == 0 && *type != RECORD_DATA)
		return bad(alert, ALERT_UNEXPECTED_MESSAGE);
	return RECORD_FINE;
}

static bool unseal(EVP_CIPHER_CTX *ctx, const char *p, size_t n, char *to)
{
	unsigned char none[16];
	char tag[TAG];
	int moved;

	memcpy(tag, p + n, TAG);
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)TAG,
	    tag) == 1 && turn(ctx, p, n, to) &&
	    EVP_DecryptFinal_ex(ctx, none, &moved) == 1 && moved == 0;
}

enum record_result record_open(const struct record_keys *k,
    const struct record_key *key, uint64_t seq, const char *p, size_t length,
    char *to, enum record_type *type, size_t *n, enum record_alert *alert)
{
	size_t before = explicit_bytes(k), room, naad;
	uint8_t nonce[NONCE], aad[AAD_MAX];
	enum record_result result;
	EVP_CIPHER_CTX *ctx;
	int moved;

	*n = 0;
	if (length < RECORD_HEAD + before + TAG)
		return bad(alert, ALERT_BAD_RECORD_MAC);
	if (seq == UINT64_MAX)
		return bad(alert, ALERT_INTERNAL_ERROR);
	*n = room = length - RECORD_HEAD - before - TAG;
	*type = (enum record_type)(uint8_t)p[0];
	make_nonce(k, key, seq, p + RECORD_HEAD, nonce);
	naad = make_aad(k, seq, p, *n, aad);
	ctx = context(k, key, nonce, OPENING);
	if (ctx == NULL ||
	    EVP_DecryptUpdate(ctx, NULL, &moved, aad, (int)naad) != 1)
		result = bad(alert, ALERT_INTERNAL_ERROR);
	else if (!unseal(ctx, p + RECORD_HEAD + before, *n, to))
		result = bad(alert, ALERT_BAD_RECORD_MAC);
	else
		result = weigh(k, to, type, n, alert);
	if (result != RECORD_FINE) {
		OPENSSL_cleanse(to, room);
		*n = 0;
	}
	return result;
}
