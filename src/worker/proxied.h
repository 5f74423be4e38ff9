/* SPDX-License-Identifier: BSD-2-Clause */
/* The PROXY protocol: who a client is, from the one before us, to backends. */
#ifndef WORKER_PROXIED_H
#define WORKER_PROXIED_H

#include "net/proxyproto.h"
#include "worker/request.h"

/* Before the first byte of a connection is received: FLOW_PROXIED is set if
 * its listener wants a PROXY header from that peer. A gate has read it where
 * there is TLS. */
void proxied_expect(struct stride *s);

/* With FLOW_PROXIED: looks at what has come. FINE: the header is used up, the
 * client's row has the address that it names (where it names one of TCP), and
 * the flow is published without FLOW_PROXIED. BAD: it has been logged. */
enum proxyproto_result proxied_read(struct stride *s);

/* It did not come in time: logs so. */
void proxied_is_late(const struct stride *s);

/* The header for a connection to s->r->pool, as its proxy_protocol says, with
 * the client of the request and the address that it came to. room:
 * PROXYPROTO_ROOM. Its length; 0: the pool sends none. */
size_t proxied_put(const struct stride *s, char *room);

#endif
