/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL needs for a listener: certificates, suites, who is let in. */
#ifndef GATE_CONTEXT_H
#define GATE_CONTEXT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"
#include "gate/certs.h"
#include "gate/complain.h"

struct staple;

/* Stays where it is while its SSL objects live. */
struct context {
	const struct conf_listener *listener;
	struct certificates certs;
	struct staple *staples; /* one for each, of staple.h */
	SSL_CTX *ctx; /* has the certificates of who names none of ours */
	bool sound;   /* nothing is wrong but, perhaps, with certificates that
		       * are not in certs */
};

/* Reads all that the listener's tls names, and makes its SSL_CTX. What is
 * wrong is complained of, and false. For context_close, either way. May
 * block. */
bool context_read(struct context *c, const struct conf_listener *l,
    struct complaints *complaints);

/* The same, and the complaints go to `to`. */
bool context_open(struct context *c, const struct conf_listener *l, FILE *to);

/* Wipes the keys. */
void context_close(struct context *c);

/* The name that the client asks for, in lower case and with a NUL at its end,
 * to a place of SESSION_SERVER bytes; its length, 0: none, or one that is no
 * name of a host. */
unsigned context_server(const SSL *ssl, char *to);

#endif
