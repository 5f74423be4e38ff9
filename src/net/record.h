/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of TLS, with keys of a handshake that somebody else has done. */
#ifndef NET_RECORD_H
#define NET_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define RECORD_TLS12 0x0303
#define RECORD_TLS13 0x0304

enum record_suite { RECORD_NONE, RECORD_AES_128_GCM, RECORD_AES_256_GCM,
	RECORD_CHACHA20_POLY1305 };

/* What a record holds (RFC 8446, 5.1). */
enum record_type { RECORD_CCS = 20, RECORD_ALERT, RECORD_HANDSHAKE,
	RECORD_DATA };

#define RECORD_HEAD 5
#define RECORD_PLAIN 16384u /* bytes of plaintext in one, at most */
#define RECORD_COST 29u     /* bytes that a sealed one has more, at most */
#define RECORD_WIRE (RECORD_HEAD + RECORD_PLAIN + 256u) /* that may come */

/* Records under one key: then it is updated (1.3), or the connection ends. */
#define RECORD_KEY_USES (1u << 24)

/* Alerts (RFC 8446, 6). */
enum record_alert { ALERT_CLOSE_NOTIFY = 0, ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20, ALERT_RECORD_OVERFLOW = 22,
	ALERT_ILLEGAL_PARAMETER = 47, ALERT_DECODE_ERROR = 50,
	ALERT_PROTOCOL_VERSION = 70, ALERT_INTERNAL_ERROR = 80,
	ALERT_USER_CANCELED = 90, ALERT_NO_RENEGOTIATION = 100 };

/* Of one direction. TLS 1.2 has no secret, and of iv only the first 4 bytes
 * with AES-GCM. */
struct record_key {
	uint8_t secret[48];
	uint8_t key[32];
	uint8_t iv[12];
};

/* Of a connection. A key update (RFC 8446, 4.6.3) writes the set that is not
 * in use; which of both is, the caller keeps. Plain memory without pointers:
 * it goes from process to process. */
struct record_keys {
	uint16_t version; /* RECORD_TLS12, RECORD_TLS13; 0: no TLS */
	uint8_t suite;    /* enum record_suite */
	uint8_t secret_bytes; /* 32 or 48: of the hash */
	struct record_key read[2], write[2];
};

/* Once in each process that makes or opens records, or in one that it is
 * cloned from. False if OpenSSL cannot. Allocates. */
bool record_init(void);

/* The part of it that is about the making of keys. */
bool record_keys_init(void);

/* For speed the last key of each direction stays in OpenSSL's memory. This
 * wipes it: for who is about to sleep. Costs nothing if there is none. */
void record_forget(void);

/* From the traffic secrets of TLS 1.3 (RFC 8446, 7.3) to read[0], write[0].
 * Each secret has k->secret_bytes bytes; version and suite are set. */
bool record_keys_13(struct record_keys *k, const uint8_t *read_secret,
    const uint8_t *write_secret);

/* From the master secret of TLS 1.2 (RFC 5246, 6.3; RFC 5288, RFC 7905):
 * 48 bytes, and both randoms of 32. We are the server, or the client. The
 * hash of the PRF is SHA-384 with AES-256-GCM, else SHA-256. */
bool record_keys_12(struct record_keys *k, const uint8_t *master,
    const uint8_t *client_random, const uint8_t *server_random,
    bool is_server);

/* The next secret, key and iv behind those of *now, into *next. */
bool record_next(const struct record_keys *k, const struct record_key *now,
    struct record_key *next);

/* One record of the n <= RECORD_PLAIN bytes of v, under number seq: to `to`,
 * which has room for n + RECORD_COST and overlaps none of v. Its length; 0 if
 * OpenSSL fails. Does not allocate. */
size_t record_seal(const struct record_keys *k, const struct record_key *key,
    uint64_t seq, enum record_type type, const struct iovec *v, int nv,
    char *to);

enum record_result {
	RECORD_FINE, /* whole; opened */
	RECORD_MORE, /* the bytes are no whole record yet */
	RECORD_BAD   /* *alert says why: it is the connection's end */
};

/* Looks at the n bytes at p: *length is that of the whole record, head and
 * all, once five bytes are there, and at most RECORD_WIRE. */
enum record_result record_look(const struct record_keys *k, const char *p,
    size_t n, size_t *length, enum record_alert *alert);

/* Opens the whole record of `length` bytes at p, under number seq, to `to`,
 * which has room for length - RECORD_HEAD - 16 bytes and does not overlap it:
 * *type and *n are its content's, without padding. p is left as it is. What
 * is not authentic is RECORD_BAD, and then nothing of it stays in `to`. */
enum record_result record_open(const struct record_keys *k,
    const struct record_key *key, uint64_t seq, const char *p, size_t length,
    char *to, enum record_type *type, size_t *n, enum record_alert *alert);

#endif
