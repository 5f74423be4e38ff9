/* SPDX-License-Identifier: BSD-2-Clause */
/* Redirects of whole listeners to https: redirect_https. */
#ifndef WORKER_REDIRECT_H
#define WORKER_REDIRECT_H

#include "base/buf.h"
#include "worker/request.h"

/* Its listener sends it to https. What came to a trusted proxy by https is
 * there already, and is not; what an authority asks for to see whose the
 * host is (RFC 8555, 8.3) is not either: a GET or HEAD of a path below
 * /.well-known/acme-challenge/. */
bool redirect_is_due(const struct request *r);

/* Writes the https URI of the same place: with a port if no listener with TLS
 * has the usual one. The request has a host. */
void redirect_put(struct buf *b, const struct request *r);

#endif
