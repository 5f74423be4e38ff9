/* SPDX-License-Identifier: BSD-2-Clause */
/* Tickets: the keys that all gates share, so that any resumes any session. */
#include "gate/tickets.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/slot.h"

#define PLACES (TICKETS_KEYS + 1)
#define CLAIM_MS 5000

struct ticket_key {
	uint64_t made_at; /* clock_ms */
	uint8_t name[16];
	uint8_t cipher[32];
	uint8_t mac[32];
};

/* Key number n stands at keys[(n - 1) % PLACES]. The place after the newest is
 * no key's: the next is written there, and counts once `newest` says so. So
 * who dies while it writes has done nothing. */
struct ticket_area {
	_Atomic uint64_t newest;  /* number of the newest; 0: there is none */
	_Atomic uint64_t claimed; /* clock_ms: somebody makes one; 0: nobody */
	struct ticket_key keys[PLACES];
};

static struct ticket_area *area;
static EVP_CIPHER *aes; /* fetched once, and kept */

/* What this gate works with, the newest first: copied when it is no more what
 * the area has. */
static struct {
	uint64_t newest;
	unsigned n;
	struct ticket_key keys[TICKETS_KEYS];
} mine;

static const struct ticket_key *key_of(uint64_t number)
{
	return &area->keys[(number - 1) % PLACES];
}

static void copy_keys(void)
{
	uint64_t newest;

	do {
		newest = atomic_load(&area->newest);
		if (newest == mine.newest)
			return;
		mine.n = newest < TICKETS_KEYS ? (unsigned)newest
		    : TICKETS_KEYS;
		for (unsigned i = 0; i < mine.n; i++)
			mine.keys[i] = *key_of(newest - i);
		mine.newest = newest;
	} while (atomic_load(&area->newest) != newest);
}

static bool make_key(struct ticket_key *key)
{
	key->made_at = clock_ms();
	return RAND_bytes(key->name, sizeof key->name) == 1
	    && RAND_priv_bytes(key->cipher, sizeof key->cipher) == 1
	    && RAND_priv_bytes(key->mac, sizeof key->mac) == 1;
}

/* A claim that is old is of a gate that has died. */
static bool claim(void)
{
	uint64_t now = clock_ms() + 1, was = atomic_load(&area->claimed);

	return (was == 0 || now > was + CLAIM_MS)
	    && atomic_compare_exchange_strong(&area->claimed, &was, now);
}

/* Only where the newest is still the one that the caller saw. */
static bool add_key(uint64_t newest)
{
	struct ticket_key key;

	if (!claim())
		return false;
	bool fine = atomic_load(&area->newest) == newest && make_key(&key);
	if (fine) {
		area->keys[newest % PLACES] = key;
		fine = atomic_compare_exchange_strong(&area->newest, &newest,
		    newest + 1);
	}
	OPENSSL_cleanse(&key, sizeof key);
	atomic_store(&area->claimed, 0);
	return fine;
}

static bool may_be_mapped(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	return (size_t)st.st_size >= sizeof *area
	    || ftruncate(fd, sizeof *area) == 0;
}

bool tickets_open(int fd)
{
	void *at;

	if (!may_be_mapped(fd))
		return false;
	at = mmap(NULL, sizeof *area, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	if (at == MAP_FAILED)
		return false;
	madvise(at, sizeof *area, MADV_DONTDUMP);
	area = at;
	if (atomic_load(&area->newest) == 0)
		add_key(0);
	return true;
}

/* Of all gates that live the one in the lowest slot makes keys. What others
 * write there is not believed for long: a key that lasts too long opens what
 * was said long ago. */
static bool is_first(void)
{
	for (unsigned n = 1; n < slot_me; n++)
		if (atomic_load(&slots.at[n].role) == SLOT_GATE
		    && atomic_load(&slots.at[n].state) == SLOT_LIVE)
			return false;
	return true;
}

void tickets_turn(uint64_t now)
{
	uint64_t newest = atomic_load(&area->newest);

	/* without a first one nobody waits for the first gate */
	if (newest == 0) {
		add_key(0);
		return;
	}
	uint64_t made_at = key_of(newest)->made_at;
	uint64_t age = now >= made_at ? now - made_at : 0;
	if (age >= TICKETS_TURN_MS && (is_first()
	    || age >= TICKETS_TURN_MS + TICKETS_LATE_MS) && add_key(newest))
		log_debug("there is a new key for tickets");
}

/* ---- What OpenSSL asks for ---- */

static bool set_keys(const struct ticket_key *key, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool seals)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
		    (void *)key->mac, sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    (char *)"SHA256", 0),
		OSSL_PARAM_construct_end()};

	return EVP_CipherInit_ex(cipher, aes, NULL, key->cipher,
	    iv, seals) == 1 && EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* 0: without a ticket; -1: the handshake fails. */
static int seal(unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct ticket_key *key = &mine.keys[0];

	if (mine.n == 0 || RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
		return 0;
	memcpy(name, key->name, sizeof key->name);
	return set_keys(key, iv, cipher, mac, true) ? 1 : -1;
}

/* 1: as it is; 2: and the client gets another, under the newest key. In TLS
 * 1.3 it is to use each once (RFC 8446, C.4). */
static int open_ticket(const SSL *ssl, const unsigned char *name,
    unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	for (unsigned i = 0; i < mine.n; i++) {
		const struct ticket_key *key = &mine.keys[i];
		if (memcmp(name, key->name, sizeof key->name) != 0)
			continue;
		if (!set_keys(key, iv, cipher, mac, false))
			return -1;
		return i == 0 && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
	}
	return 0;
}

static int use_keys(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals)
{
	if (area == NULL || aes == NULL)
		return 0;
	copy_keys();
	return seals ? seal(name, iv, cipher, mac)
	    : open_ticket(ssl, name, iv, cipher, mac);
}

bool tickets_offer(SSL_CTX *ctx, bool on)
{
	if (aes == NULL)
		aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TICKETS_LIFE_S);
	if (!on)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	return aes && SSL_CTX_set_num_tickets(ctx, on ? 1 : 0) == 1
	    && SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, use_keys) == 1;
}
