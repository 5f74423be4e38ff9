/* SPDX-License-Identifier: BSD-2-Clause */
/* Versions, suites and groups that OpenSSL may agree on. */
#ifndef GATE_STRENGTH_H
#define GATE_STRENGTH_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "gate/complain.h"

/* For servers and clients: TLS 1.2 (or min_version) and 1.3; no compression,
 * no renegotiation, nothing read ahead. ciphers, groups: as in struct
 * conf_tls; what is wrong with them is complained of, and false. */
bool strength_set(SSL_CTX *ctx, unsigned min_version, const char *ciphers,
    const char *groups, struct complaints *c);

#endif
