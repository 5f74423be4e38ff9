/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL needs for a listener: certificates, suites, who is let in. */
#ifndef GATE_CONTEXT_H
#define GATE_CONTEXT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"
#include "gate/certs.h"

/* Stays where it is while its SSL objects live. */
struct context {
	const struct conf_listener *listener;
	struct certificates certs;
	SSL_CTX *ctx;
	/* indices of those that ctx has: for who names none, or none of ours */
	unsigned first[3], nfirst;
};

/* Reads all that the listener's tls names, and makes its SSL_CTX. What is
 * wrong goes to `to`, a line each, beginning with tls->where; false if
 * something was. context_close, either way. May block. */
bool context_open(struct context *c, const struct conf_listener *l, FILE *to);

/* Wipes the keys. */
void context_close(struct context *c);

/* For servers and clients: version, suites, groups; NULL: the defaults. What
 * is wrong goes to `to`, "WHERE: TITLE.ciphers: ...". */
bool context_set_strength(SSL_CTX *ctx, unsigned min_version,
    const char *ciphers, const char *groups, const char *where,
    const char *title, FILE *to);

/* The name that the client asks for, in lower case, to a place of
 * SESSION_SERVER bytes with a NUL at its end; its length, 0 for none or one
 * that is no name. */
unsigned context_server(const SSL *ssl, char *to);

#endif
