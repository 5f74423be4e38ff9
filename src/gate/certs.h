/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and their keys: reading them, and which one a name gets. */
#ifndef GATE_CERTS_H
#define GATE_CERTS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "conf/conf.h"

struct certificate {
	const char *path; /* of the file that its certificate is in */
	X509 *leaf;
	STACK_OF(X509) *chain; /* what follows it in the file; may be empty */
	EVP_PKEY *key;
	char **names;     /* DNS names, lower case; "*.x" as ".x" */
	unsigned nnames;
	time_t ends;
};

/* In the order of the files: by the list, in a glob by name. */
struct certificates {
	struct certificate *at;
	unsigned n;
};

/* Reads all certificates of a listener, with keys. Errors go to `to`, a line
 * each, beginning with tls->where; false if there was one. What was read is
 * the caller's, and for certs_free, which wipes the keys, either way. */
bool certs_load(const struct conf_tls *tls, struct certificates *certs,
    FILE *to);
void certs_free(struct certificates *certs);

/* The indices of those that fit a name (lower case): exact beats wildcard
 * beats the first one of all. At most one of each kind of key (RSA, EC,
 * Ed25519), so three; how many is returned. *matched: not for being first. */
unsigned certs_find(const struct certificates *certs, const char *name,
    unsigned found[3], bool *matched);

#endif
