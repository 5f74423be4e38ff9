/* SPDX-License-Identifier: BSD-2-Clause */
/* The corridor: what the steps of a request know and hand on. */
#ifndef WORKER_REQUEST_H
#define WORKER_REQUEST_H

#include "base/arena.h"
#include "conf/conf.h"
#include "http/framing.h"
#include "http/head.h"
#include "http/uri.h"
#include "shm/lobby.h"
#include "shm/seats.h"

#define REQUEST_MAGIC 0x72657175u
#define REQUEST_TRIED 16
#define REQUEST_ID 32

/* The steps, in the order in which a request takes them. Each is a function
 * of carry.c's table and returns the next step, or WAIT_STEP of the wait after
 * which it runs again; BECOME of both: the wait first, then the step. */
enum step { STEP_RECEIVE, STEP_ROUTE, STEP_GUARD, STEP_LOOKUP, STEP_BODY,
	STEP_PICK, STEP_HANDSHAKE, STEP_FORWARD, STEP_RELAY, STEP_SERVE,
	STEP_ANSWER, STEP_FLUSH, STEP_TUNNEL, STEP_ACCOUNT, STEP_CLOSE,
	STEP_LINGER, STEP_COUNT, STEP_GONE };

/* What the cache did, for logs and figures. */
enum request_cached { CACHED_NOT, CACHED_HIT, CACHED_MISS, CACHED_PASS,
	CACHED_STALE, CACHED_COLLAPSED, CACHED_RENEWED };

typedef unsigned next_step;

#define BECOME(step, wait) ((next_step)(step) | (next_step)(wait) << 8)
#define NEXT(step) BECOME(step, WAIT_NOTHING)

/* Why an exchange ended early or was answered by us, for the log. */
enum cause {
#define CAUSE(name, text) CAUSE_##name,
#include "worker/causes.def"
#undef CAUSE
	CAUSE_COUNT
};

extern const char *const cause_text[CAUSE_COUNT];

/* Groups of a regular expression in the subject: 0 is all that matched. */
#define CAPTURES 10

struct captures {
	uint16_t from[CAPTURES], to[CAPTURES]; /* offsets; empty if equal */
};

/* When a request got so far, for the access logs: account_mark. clock_us, 0 if
 * it did not, or if no log asks. */
enum request_time { TIME_HEAD, TIME_ROUTE, TIME_CONNECT, TIME_FIRST, TIMES };

/* Lives with its arena in the page flow.req, so that the next stride may be
 * another worker's. What a step writes it may write again after a death. */
struct request {
	uint32_t magic;
	struct arena arena;
	/* receive: */
	struct head head;
	struct uri uri;
	struct slice host;   /* without port, lower case; may be empty */
	uint16_t port;
	struct slice path;   /* normalised, for matching */
	struct framing framing;
	const struct conf_listener *listener;
	char id[REQUEST_ID];
	bool trusted;        /* the peer's X-Forwarded-* are believed */
	bool wants_continue; /* Expect: 100-continue */
	bool wants_trailers; /* TE: trailers */
	bool wants_websocket; /* guard: and may have it */
	uint64_t max_body;   /* guard: as the route says */
	uint64_t at[TIMES];
	struct addr client;  /* the peer, or whom a trusted one names */
	const char *why;     /* a refusal's reason; else flow.cause says */
	/* route: */
	bool to_https;       /* answered with a redirect to https */
	const struct conf_site *site;
	const struct conf_route *route;
	struct slice rest;   /* of the path, behind what the route names */
	struct captures captures; /* of the route's path_re, in path */
	/* guard: */
	const struct conf_pool *home; /* that the route names, or a split */
	/* pick: */
	const struct conf_pool *pool; /* home, or a fallback: of the backend,
				       * or in whose queue it stands */
	const struct conf_backend *backend; /* the last one asked */
	uint16_t tried[REQUEST_TRIED]; /* backend indices of this request */
	unsigned ntried;
	unsigned retries;    /* attempts beside the first */
	uint64_t queued_at;  /* clock_us: it waits for a place since; 0: not */
	uint64_t queued_for; /* us: and has waited so long before */
	bool impatient;      /* it has waited for its own backend in vain */
	uint64_t asked_at;   /* clock_us: the attempt began */
	/* lookup: */
	struct slice key;    /* of the cache; n 0: it has no part in this */
	uint64_t key_hash;
	uint64_t waited_since; /* clock_ms: for another's response; 0: not */
	uint32_t waited_for; /* the entry, the last of ... */
	uint8_t waits;       /* ... so many */
	bool alone;          /* it fetches for nobody else */
	bool apart;          /* fill: one without a client has asked for it */
	uint8_t cached;      /* lookup, fill, serve: enum request_cached */
	uint8_t forwarded;   /* fill: enum cachestatus_fwd */
	uint64_t purges;     /* pick: cache_purges when the backend was asked */
	int64_t asked_wall;  /* fill: seconds of the epoch at which the backend
			      * was asked */
	struct slice origin; /* serve, while it makes a head: what the backend
			      * is called that a stored response came from; p
			      * is NULL else */
	bool origin_tls;
	/* guard: */
	struct slice own;    /* what our answer says, as text; n 0: what its
			      * status does */
	/* relay, answer: */
	uint64_t held_since; /* clock_ms: the answer is held back; 0: not */
	unsigned status;     /* of the final answer */
	struct slice hop_options; /* Connection of the response: for trailers */
	size_t head_bytes;   /* bytes of the answer's head */
};

/* Reads what r->head says: framing, target, host, path, and what it asks for.
 * NULL, or why it is refused. */
const struct refusal *request_read(struct request *r);

/* What is done to its answer: by its route, by its site where no route takes
 * it; NULL if there is none. */
const struct conf_policy *request_policy(const struct request *r);

/* Copies the n bytes of its head from their page into its arena, and all that
 * points there with them. False, and nothing is changed, if there is no room.
 * After a death in its midst it may be called again. */
bool request_leave_page(struct request *r, const char *page, size_t n);

/* One worker between two waits: private memory. f is the working copy of the
 * row's flow; stride_publish makes it true. */
struct stride {
	struct conn *c;
	struct flow f;
	struct request *r; /* in page f.req, or NULL */
	uint64_t now;      /* clock_ms at its beginning */
	bool late;         /* the wait ended by its deadline */
	unsigned requests; /* finished in it */
	bool fresh;        /* the step before ended by publishing f */
	bool starved;      /* a side's records lack a page: secure.h */
	struct page_drop drop;
};

typedef next_step step_run(struct stride *s);

step_run receive_run, route_run, guard_run, lookup_run, body_run, pick_run,
    handshake_run, forward_run, relay_run, serve_run, answer_run, flush_run,
    tunnel_run, account_run, close_run, linger_run;

/* Publishes s->f and frees the pages that it has let go of. */
void stride_publish(struct stride *s);

/* Round what receives or sends: a unix socket keeps no counts, so a death
 * between the call and the row's knowing of it ends the connection. */
void stride_io(const struct conn *c);
void stride_io_done(struct stride *s, const struct conn *c);

/* Gives up what it has of backends: connection, place, turn. */
void stride_leave(struct stride *s);

/* A page for the row; 0: none left, or its share is used up. */
uint32_t stride_page(struct stride *s, enum page_size size);

/* The same, with the few beyond that share without which its records would
 * stand still. */
uint32_t stride_spare_page(struct stride *s, enum page_size size);

/* Copies *from to the end of a chain of s->f, in pages of which it may have
 * `most`. False if some was left, which is then in *from. */
bool stride_fill(struct stride *s, struct chain *to, struct slice *from,
    unsigned most);

/* The end of a wait in which the client is to move bytes: `count` of them
 * have been. Timeout is without progress, and min_rate is an average over
 * all such waits since flow.slow_since was 0, or another count began. */
uint64_t stride_client_due(struct stride *s, uint64_t count,
    uint32_t timeout);

/* The wait for the client to take some of what is there for it. */
next_step stride_wait_for_client(struct stride *s, enum step step);

/* Counts of the client's bytes that the socket has moved, in records or not:
 * whether it is slow is seen by these. */
uint64_t stride_client_rx(const struct stride *s);
uint64_t stride_client_tx(const struct stride *s);

/* The wait for pages that have run out: the same step runs again soon; after
 * some seconds the connection is closed. */
next_step stride_wait_for_pages(struct stride *s);

/* Ends the request with an answer of ours. why may be NULL: cause says it.
 * The client's connection is closed after it when some of its body is unread,
 * or when `status` speaks of a broken framing. */
next_step stride_refuse(struct stride *s, unsigned status, enum cause cause,
    const char *why);

/* An end without an answer, or in the middle of one. */
next_step stride_cut(struct stride *s, enum cause cause);

#endif
