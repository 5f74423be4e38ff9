/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a backend's certificate, in words for the log. */
#ifndef GATE_DOUBTS_H
#define GATE_DOUBTS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "shm/arrival.h"

/* For SSL_CTX_set_verify: refuses what OpenSSL refuses, and writes why to the
 * place that belongs to the SSL object. */
int doubts_hear(int fine, X509_STORE_CTX *chain);

/* That place; it stays where it is as long as the object. */
bool doubts_attach(SSL *ssl, char why[ARRIVAL_WHY]);

#endif
