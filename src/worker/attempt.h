/* SPDX-License-Identifier: BSD-2-Clause */
/* Attempts: one try at one backend, and what follows when it fails. */
#ifndef WORKER_ATTEMPT_H
#define WORKER_ATTEMPT_H

#include "net/stream.h"
#include "worker/request.h"

/* The connection to s->r->backend is s->f.peer: makes the head for it; then
 * forward. */
next_step attempt_ask(struct stride *s);

/* The Host that the pool's backends are sent; n 0: their own. */
struct slice attempt_host(const struct stride *s);

/* Of the idle connections to s->r->backend, peer and those behind it, one that
 * the backend has not closed; it is s->f.peer then. False: there is none. */
bool attempt_reuse(struct stride *s, struct conn *peer);

/* Lets go of the backend; its connection, if there is one, is closed. */
void attempt_end(struct stride *s);

/* The same, keeping the connection for other requests where there is room.
 * Publishes s->f. */
void attempt_keep(struct stride *s);

/* The attempt has failed in the manner of one RETRY_ bit, and the backend is
 * told of for it: another attempt if the request may be repeated (pool's
 * retry; RFC 9110, 9.2.2), else an answer with that status. */
next_step attempt_failed(struct stride *s, unsigned retry_bit,
    unsigned status, enum cause cause, const char *why);

/* True if an answer that ends early could be asked for again elsewhere, as
 * long as the client has had nothing of it. */
bool attempt_may_repeat(const struct stride *s);

/* The same for one that was lost with a worker: no fault of the backend's. */
next_step attempt_lost(struct stride *s);

/* The head of an answer with this status has come. True: another attempt is
 * made instead of it, beginning with *next. */
bool attempt_again_on(struct stride *s, unsigned status, next_step *next);

/* What is known of how an answer goes on to the client. */
#define ATTEMPT_FRAMING (FLOW_NOBODY | FLOW_TRAILERS | FLOW_CHUNKED_DOWN       \
    | FLOW_KEEP_BACKEND | FLOW_BEHIND)

/* The answer to a request without body has ended too early, and the client has
 * had nothing of it: it was none, and the attempt has failed. */
next_step attempt_take_back(struct stride *s, enum cause cause);

/* True if the pool takes an answer with this status for a failure. */
bool attempt_is_failure(const struct conf_pool *pool, unsigned status);

/* Checks say that the backend is down, and it has not begun to answer. True:
 * another one is asked, beginning with *next. False: the request may not be
 * repeated, or nobody else is up; it goes on waiting. */
bool attempt_leave(struct stride *s, next_step *next);

/* True once all of the request has been written to the backend. What it sends
 * before that is an early answer, after which its connection is of no use. */
bool forward_is_complete(const struct flow *f);

/* Sends what is there of the request. IO_WAIT: the backend takes no more for
 * now; IO_BROKEN: never again, errno says why. */
enum io forward_send(struct stride *s);

/* Frees what of the body has been sent: it cannot be sent again. Publishes. */
void forward_let_go(struct stride *s);

/* Publishes and sends what the chain `out` holds, as far as the client takes
 * it. IO_OK: all of it; IO_WAIT: some is left; IO_BROKEN: it has gone. */
enum io flush_some(struct stride *s);

/* True if there is something that the client has not taken. */
bool flush_is_due(const struct stride *s);

#endif
