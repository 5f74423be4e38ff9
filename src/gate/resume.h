/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions with backends that may be resumed. */
#ifndef GATE_RESUME_H
#define GATE_RESUME_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* Sessions that SSL objects of this context bring are kept, the last one for
 * each backend and name, as far as there is room. */
void resume_listen(SSL_CTX *ctx);

/* The object is for that backend and name ("": none): resumes a session with
 * it, if there is one. False: no memory. */
bool resume_try(SSL *ssl, unsigned backend, const char *name);

#endif
