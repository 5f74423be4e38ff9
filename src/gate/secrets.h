/* SPDX-License-Identifier: BSD-2-Clause */
/* The secrets of a handshake, taken from OpenSSL for the record layer. */
#ifndef GATE_SECRETS_H
#define GATE_SECRETS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "shm/session.h"

#define SECRETS_MOST 48

/* Of one handshake; its owner's. What OpenSSL says goes into it. */
struct secrets {
	uint8_t client[SECRETS_MOST], server[SECRETS_MOST]; /* TLS 1.3 */
	uint8_t nclient, nserver; /* bytes; 0: not said yet */
	/* records under the keys that these give, or under those of TLS 1.2 */
	uint64_t read, written;
};

/* SSL objects of this context tell their secrets. False if OpenSSL cannot. */
bool secrets_listen(SSL_CTX *ctx);

/* Those of ssl go to *s (zeroed here) from now on; before its handshake. */
bool secrets_attach(SSL *ssl, struct secrets *s);

/* After the handshake, and after all that OpenSSL is to read and write: keys,
 * cipher, resumed and most of *to, which the caller has zeroed, and the
 * numbers of the next records. False: there is something that no record layer
 * could go on from. */
bool secrets_take(SSL *ssl, const struct secrets *s, struct session *to,
    uint64_t *rseq, uint64_t *wseq);

/* Wipes them. */
void secrets_wipe(struct secrets *s);

#endif
