/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the client is by its certificate, told to the backends. */
#ifndef GATE_IDENTITY_H
#define GATE_IDENTITY_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "gate/context.h"
#include "shm/session.h"

/* Clients are asked for a certificate, as the listener's tls says; and
 * sessions are resumed only where the same is asked. False: complained. */
bool identity_ask(struct context *c, struct complaints *complaints);

/* After the handshake. */
enum session_verified identity_verified(const struct context *c, SSL *ssl);

/* The text of arrival.facts; its length, 0 for listeners that need none. What
 * does not fit is left out, a whole line or name each. */
unsigned identity_facts(const struct context *c, SSL *ssl, char *to,
    size_t room);

#endif
