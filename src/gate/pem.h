/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of PEM: certificates and keys, as they stand in them (RFC 7468). */
#ifndef GATE_PEM_H
#define GATE_PEM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>

#define PEM_BYTES (1u << 20) /* of a file, at most */
#define PEM_CERTS 21u        /* one, and 20 links behind it */
#define PEM_KEYS 4u
#define PEM_WHY 160

struct pem {
	X509 *certs[PEM_CERTS];
	EVP_PKEY *keys[PEM_KEYS];
	unsigned ncerts, nkeys;
	unsigned others; /* blocks that are neither */
	bool encrypted;  /* there is a key that wants a passphrase */
	mode_t mode;     /* of the file */
};

/* Reads a file. False if it cannot be read or one of its blocks is broken:
 * why says so in words that follow "PATH: ". *pem is for pem_free then, too.
 * Blocks on the disk. */
bool pem_read(const char *path, struct pem *pem, char why[PEM_WHY]);

/* Frees all that is in it, keys wiped. What is wanted longer was taken out,
 * or counted up. */
void pem_free(struct pem *pem);

#endif
