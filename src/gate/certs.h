/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and their keys: reading them, and which one a name gets. */
#ifndef GATE_CERTS_H
#define GATE_CERTS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "conf/conf.h"

/* The kinds of keys, of which a name may have one certificate each. */
enum certs_kind { CERTS_RSA, CERTS_EC, CERTS_ED25519, CERTS_KINDS };

struct certificate {
	char *path;       /* of the file that its certificate is in */
	X509 *leaf;
	STACK_OF(X509) *chain; /* what follows it in the file; may be empty */
	EVP_PKEY *key;
	char **names;     /* DNS names, lower case; "*.x" as ".x" */
	unsigned nnames;
	enum certs_kind kind;
	time_t ends;
};

/* A name of one of them, for certs_find. */
struct certs_name {
	const char *name;
	unsigned kind;
	unsigned at;
};

/* In the order of the files: by the list, in a glob by name. */
struct certificates {
	struct certificate *at;
	unsigned n;
	struct certs_name *names; /* sorted; each once for each kind */
	unsigned nnames;
	unsigned first[CERTS_KINDS]; /* the first of all, and those of other */
	unsigned nfirst;             /* kinds that have a name of its */
};

struct complaints;

/* Reads all certificates of a listener, with keys. Errors and warnings go to
 * `to`, a line each, beginning with tls->where; false if there was an error.
 * What was read is the caller's, and for certs_free, which wipes the keys,
 * either way. Blocks on the disk. */
bool certs_load(const struct conf_tls *tls, struct certificates *certs,
    FILE *to);
/* The same, for who knows more of the place: c has been begun. */
bool certs_read(const struct conf_tls *tls, struct certificates *certs,
    struct complaints *c);
/* The one that backends of a pool are shown, if it names one (n is 0 if not);
 * c has been begun. */
bool certs_read_pool(const struct conf_pool_tls *tls,
    struct certificates *certs, struct complaints *c);
void certs_free(struct certificates *certs);

/* The indices of those that fit a name (lower case; NULL or "": none): exact
 * beats wildcard beats the first one of all. At most one of each kind of key,
 * so three; how many is returned, 0 only if there is none at all. *matched:
 * not for being first. Of 10,000 it looks at 15. */
unsigned certs_find(const struct certificates *certs, const char *name,
    unsigned found[CERTS_KINDS], bool *matched);

/* "RSA", "EC", "Ed25519". */
const char *certs_kind_name(enum certs_kind kind);

#endif
