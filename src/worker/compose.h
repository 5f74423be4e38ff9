/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads that we send: the request's to the backend, the response's. */
#ifndef WORKER_COMPOSE_H
#define WORKER_COMPOSE_H

#include "base/buf.h"
#include "worker/request.h"
#include "worker/target.h"

/* REGEX: one took too long. */
enum compose { COMPOSE_FINE, COMPOSE_NO_PAGE, COMPOSE_TOO_LARGE,
	COMPOSE_REGEX, COMPOSE_DOTS };

/* "http" or "https": how its connection came. */
struct slice compose_scheme(const struct request *r);

/* What the client asked for, as it wrote it: host and port, or nothing; and
 * compose_scheme, or what a trusted proxy says; empty if that is neither "http"
 * nor "https", in any case, or is said twice: one may be its client's. */
struct slice compose_host_asked(const struct request *r);
struct slice compose_scheme_asked(const struct request *r);

/* The Host that backends of the pool are sent; n 0: what they are called. */
struct slice compose_host_for(const struct request *r,
    const struct conf_pool *pool);

/* Writes the head for s->r->backend into the request's arena or, where that
 * has no room, a page: f.bhead, bhead_off, bhead_len. */
enum compose compose_request_head(struct stride *s);

/* The same into b; what it returns is of the target, and fullness of b. */
enum target compose_put_request_head(struct buf *b, const struct stride *s);

/* Writes the client's head of the backend's response into a page at the end
 * of f.out, in accordance with f.flags (FLOW_CLOSE, FLOW_CHUNKED_DOWN) and
 * framing. */
enum compose compose_response_head(struct stride *s, const struct head *h,
    const struct framing *body);

/* Appends an interim answer (1xx) of the backend to f.out. */
enum compose compose_interim(struct stride *s, const struct head *h);

/* The head of a 101 with the protocol that the backend has changed to. */
enum compose compose_tunnel_head(struct stride *s, const struct head *h);

/* How the connection goes on, as a Connection field where one is needed. */
void compose_connection(const struct stride *s, struct buf *b);

/* What the backend calls that place, in the client's terms; false, and nothing
 * is put, if that is the same. */
bool compose_place(struct buf *b, const struct request *r, struct slice place);

/* Strict-Transport-Security (RFC 6797), if the listener has it, unless the
 * edits (or NULL) have a word of their own about it. */
void compose_hsts(struct buf *b, const struct request *r,
    const struct conf_edits *edits);

/* "Date: ..." of now. */
void compose_date(struct buf *b);

/* "HTTP/1.1 200 OK" with its CRLF; reason may be empty: the usual one. */
void compose_status_line(struct buf *b, unsigned status, struct slice reason);

#endif
