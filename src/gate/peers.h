/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL needs for backends: whom we trust, and who we are. */
#ifndef GATE_PEERS_H
#define GATE_PEERS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"
#include "shm/arrival.h"

/* The SSL_CTX of a pool: the system's authorities or its own, its certificate
 * and key if it has one, the suites that net/record knows. What is wrong goes
 * to `to`, a line each, beginning with tls.where; NULL if something was. May
 * block. */
SSL_CTX *peers_context(const struct conf_pool *pool, FILE *to);

/* Those of all pools that have backends with TLS. False if there was an error.
 * May block. */
bool peers_open(const struct conf *conf, FILE *to);

/* An SSL object for that backend, which asks for `server` (n bytes, lower
 * case) and verifies it, and resumes a session if there is one. What is found
 * to be wrong with its certificate goes to `why`, which stays where it is as
 * long as the object. NULL: no memory. */
SSL *peers_connect(const struct conf_backend *b, const char *server, size_t n,
    char why[ARRIVAL_WHY]);

/* Whether its certificate has to be one for its name. */
bool peers_verify(const struct conf_backend *b);

/* Frees it; sessions that it brought are kept for others. */
void peers_leave(SSL *ssl);

#endif
