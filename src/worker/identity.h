/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gate has found out about a client's connection. */
#ifndef WORKER_IDENTITY_H
#define WORKER_IDENTITY_H

#include "worker/request.h"

/* Of the client's side; NULL if its connection is not TLS. */
const struct session *identity_session(const struct stride *s);

/* False if its listener is strict and the request's host is neither the name
 * that the client asked for in the handshake, nor one that the certificate
 * shown to it has: then it is meant for somebody else (RFC 9110, 7.4). */
bool identity_fits_host(const struct stride *s);

/* "Name: value" for the backend, each ended by "\n"; empty without a
 * certificate of the client's. identity_next cuts the next one off. */
struct slice identity_lines(const struct stride *s);
bool identity_next(struct slice *rest, struct slice *line);

#endif
