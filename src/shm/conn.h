/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows: one per descriptor of a family, with its owner word and its flow. */
#ifndef SHM_CONN_H
#define SHM_CONN_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "base/addr.h"
#include "http/chunk.h"
#include "http/head.h"
#include "shm/cache.h"
#include "shm/pages.h"
#include "shm/session.h"

#define CONN_MAGIC 0x706f7274u
#define CONN_PASSED 4

enum conn_kind { CONN_NONE, CONN_STDIO, CONN_ORDER, CONN_AWAY, CONN_BELL,
	CONN_ARRIVALS, CONN_LISTENER, CONN_CLIENT, CONN_BACKEND, CONN_PROBE,
	CONN_RESOLVER, CONN_PIPE, CONN_SPOOL, CONN_REFRESH };

enum conn_state { CONN_FREE, CONN_PARKED, CONN_OWNED, CONN_BOUND };

enum conn_verdict { VERDICT_NONE, VERDICT_COME, VERDICT_FAILED,
	VERDICT_LOST };

/* What a parked row waits for: the table in lobby.c says what is armed. */
enum wait { WAIT_NOTHING, WAIT_CLIENT, WAIT_CLIENT_ROOM, WAIT_CONNECT,
	WAIT_BACKEND_ROOM, WAIT_BODY, WAIT_BACKEND, WAIT_RELAY, WAIT_TURN,
	WAIT_ALL, WAIT_COUNT };

/* Or WAIT_BITS and what is to be armed: both ways of a row are on the move. */
enum { WAIT_BITS = 16, WAIT_CLIENT_IN = 1, WAIT_CLIENT_OUT = 2,
	WAIT_BACKEND_IN = 4, WAIT_BACKEND_OUT = 8 };

/* Where the next bytes of the client go. */
enum receive_to { RECEIVE_NOWHERE, RECEIVE_IN, RECEIVE_BODY };

/* bits of flow.flags */
enum {
	FLOW_CLOSE = 1,      /* the connection ends after this answer */
	FLOW_BODY_WHOLE = 2, /* the request's body has been read to its end */
	FLOW_STREAMED = 4,   /* some of it was let go: cannot be sent again */
	FLOW_CHUNKED_UP = 8, /* it goes to the backend in chunks */
	FLOW_CHUNKED_IN = 16, /* it comes from the client in chunks */
	FLOW_CONTINUE = 32,  /* 100 (Continue) was sent */
	FLOW_ANSWERED = 64,  /* the final answer has begun */
	FLOW_BACKEND_DONE = 128, /* all of the response has been read */
	FLOW_KEEP_BACKEND = 256, /* and its connection may be used again */
	FLOW_CHUNKED_DOWN = 512, /* the answer goes to the client in chunks */
	FLOW_LOGGED = 1024,
	FLOW_REUSED = 2048,  /* the backend connection was an idle one */
	FLOW_LINGER = 4096,  /* our side is shut; what comes is thrown away */
	FLOW_REPEATED = 8192, /* sent again after a death */
	FLOW_CUT = 16384,    /* the answer cannot be completed */
	FLOW_NOBODY = 32768, /* an answer without body (HEAD, 204, 304) */
	FLOW_HEAD_BEGUN = 65536, /* some bytes of the head are here */
	FLOW_SHUT = 262144, /* lingering: we have sent our last byte */
	FLOW_LOST = 524288, /* the steward: it cannot go on, a worker died */
	FLOW_DEADLY = 4194304, /* refused for the deaths of its workers */
	FLOW_OWN = 1048576, /* we answer once the body has been read over */
	FLOW_FRESH = 2097152, /* no idle connection for the next attempt */
	FLOW_CLIENT_ENDED = 8388608, /* tunnel: it has sent its last byte */
	FLOW_BACKEND_ENDED = 16777216,
	FLOW_NO_UPLOAD = 67108864, /* the rest of the body goes nowhere */
	FLOW_PROXIED = 134217728, /* a PROXY header is to come first */
	FLOW_MUTE = 131072, /* what comes is for the cache: no client has it */
	FLOW_CACHED = 268435456, /* the answer is the cache's: flow.entry */
	FLOW_BEHIND = 536870912, /* out ends where flow.from is, of flow.fill */
	FLOW_TRAILERS = 33554432, /* the answer's trailers go to the client */
};

/* All that has to change together while a request moves on. A row has two
 * flows; `cur` names the one that is true. The owner works on a copy of its
 * own and publishes it by one store (conn_publish): so a death at any
 * instruction leaves the flow of before or the flow of after, and the steps
 * run again from there. Byte counts may be behind the kernel's: settling
 * catches up (PROTOCOLS 3). */
struct flow {
	uint8_t step;     /* of worker/carry.c: where the next stride begins */
	uint8_t wait;     /* enum wait */
	uint8_t receive;  /* enum receive_to */
	uint8_t attempts; /* backends tried */
	uint8_t patience; /* times it waited for pages */
	uint32_t flags;
	uint32_t cause;   /* why it ended early: enum cause of request.h */
	uint64_t deadline; /* clock_ms at which the wait is over; 0: never */
	/* the client's side: counts of its bytes, read and written */
	uint64_t rx, tx;
	uint64_t answer_at; /* tx at which this request's answers begin */
	uint64_t request_at; /* rx at which its head began */
	uint64_t slow_since; /* clock_ms: it is waited for since; 0: not */
	uint64_t slow_from; /* and its count then */
	uint32_t in;        /* page: what has come and nobody has used yet */
	uint16_t in_start, in_end;
	uint16_t status;    /* of the answer that we make ourselves */
	uint16_t interims;  /* 1xx of the backend in this attempt */
	uint16_t tail;      /* bytes that close the body when it is in chunks */
	struct head_scan_state scan;
	uint32_t head;      /* page in which the request's head lies */
	uint32_t req;       /* page: struct request and its arena */
	struct chain body;  /* of the request, decoded */
	uint64_t body_left; /* BODY_LENGTH: bytes not read yet */
	struct chunk body_chunk;
	/* the backend's side */
	int32_t peer;       /* its row, -1: none */
	uint32_t bhead;     /* page: head for the backend */
	uint16_t bhead_off, bhead_len;
	uint64_t sent;      /* bytes written to it in this attempt */
	uint64_t gone;      /* those of them that are no more in bhead, body */
	uint64_t brx, btx;  /* its counts: read; written before this attempt */
	uint32_t bin;       /* page: what it sent and nobody has used yet */
	uint16_t bin_start, bin_end;
	uint64_t res_left;  /* BODY_LENGTH: bytes of the response not read */
	uint8_t res_kind;   /* enum framing_kind of the response */
	struct head_scan_state res_scan;
	struct chunk res_chunk;
	struct chain out;   /* for the client */
	/* a large body goes through a pipe instead of pages */
	int32_t pipe_in, pipe_out; /* rows of its ends, -1: none */
	uint64_t piped;     /* bytes in it: read, and not yet sent */
	/* the cache */
	uint32_t entry;     /* it answers, or is asked for anew; the row's pin;
			     * 0: none */
	uint32_t fill;      /* busy, and the row's to fill; 0: none */
	struct cache_place from; /* in entry: what the client gets next ... */
	uint64_t from_end;  /* ... and where that ends */
	struct cache_place to;   /* in fill: where the next byte goes */
	/* TLS. Below this line the flow is copied only if a side has it; a
	 * backend's that is idle stands in its own row's flow[0].side[0]. */
	uint32_t secure;    /* 1: the client's side; 2: the backend's */
	uint32_t facts;     /* page: what arrival.facts said; 0: nothing */
	uint32_t called;    /* number of the call to a gate; 0: none */
	uint32_t gates_died; /* as the lobby's head said before the call */
	struct secure side[2];
};

enum { SIDE_CLIENT, SIDE_BACKEND };
enum { SECURE_CLIENT = 1, SECURE_BACKEND = 2 };

/* The word: serial (32), slot of the owner (16), fired (bit 2), state (2).
 *   free -> owned     who made the descriptor (accept, socket)
 *   owned <-> bound   backends and pipes: the owner of the client's row
 *   parked -> owned   whoever got an event of it, or rings it
 *   owned -> parked   the owner; fails when `fired` was set meanwhile
 *   owned -> free     the owner, with the next serial, before close(2)
 *   fired             set by who wanted it and found it owned
 * Backends: parked is idle in its seat; bound belongs to the client row that
 * `binding` names, and only that row's owner may touch it. Pipes: owned by the
 * worker that keeps them for later, or bound to a client row.
 * All fields below word, binding, cur and holds belong to the owner. */
struct conn {
	_Atomic uint64_t word;
	_Atomic uint64_t binding; /* serial (32) and row of a client */
	_Atomic uint32_t cur;     /* the flow that is true; the owner */
	_Atomic uint32_t holds;   /* backend + 1; under that seat's lock */
	/* under the lock of the pool, by whom it was put there or called: */
	_Atomic uint32_t queued;  /* pool + 1: it stands in its queue */
	uint32_t wanted;          /* backend + 1: it waits for this one only */
	uint32_t queue_next, queue_prev; /* rows */
	uint64_t ticket;          /* its place in the queue: less is earlier */
	uint16_t passed[CONN_PASSED]; /* backends that have failed it */
	uint8_t npassed;
	_Atomic uint8_t granted;  /* it was given the place it holds */
	uint32_t magic;
	_Atomic uint8_t kind;     /* enum conn_kind; set before the word */
	uint8_t listener; /* client: index in the configuration */
	uint8_t is_unix;
	uint8_t in_set;   /* it was added to the door's epoll set */
	uint8_t deaths;   /* of workers that carried this request: below */
	uint8_t late;     /* the steward: its deadline has passed */
	uint8_t gone;     /* the steward: the client seems to be away */
	uint8_t left;     /* the steward: its backend is down: 1; seen: 2 */
	uint8_t rung;     /* armed for all until a worker comes: keep it so */
	uint8_t base_tx;  /* what the kernel counted before the first byte */
	uint32_t number;  /* requests of this connection so far */
	uint32_t version; /* backend: of the address that it goes to */
	uint32_t mark;    /* backend: of the name that it is for: call.h;
			   * refresh: of the chore that it is for: chores.h */
	uint32_t awaits;  /* the entry that it waits for; its owner */
	/* what was seen of that: cache_has_moved */
	uint64_t seen_word, seen_length;
	_Atomic uint32_t backend; /* index of its seat */
	uint32_t prev, next; /* idle stack of the seat, under its lock */
	uint64_t rx, tx;  /* backend: its counts while it is idle */
	uint32_t calls;   /* to gates, so far */
	/* any: what came of the flow's call to a gate: serial of the row (32),
	 * number of the call (24), enum conn_verdict; read like `granted` */
	_Atomic uint64_t verdict;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} from;           /* client: whose; AF_UNIX has no more */
	struct flow flow[2];
};

static inline uint32_t word_serial(uint64_t w)
{
	return (uint32_t)(w >> 32);
}

static inline unsigned word_slot(uint64_t w)
{
	return (unsigned)(w >> 16) & 0xffff;
}

static inline enum conn_state word_state(uint64_t w)
{
	return (enum conn_state)(w & 3);
}

/* A crash counts for more than a SIGKILL, which a request can hardly cause:
 * two crashes, or as many kills, and it is refused; as many again, and its
 * connection is closed without a word. */
#define CONN_CRASH 4
#define CONN_DEATHS 8

#define WORD_FIRED 4u

static inline uint64_t word_make(uint32_t serial, unsigned slot,
    enum conn_state state)
{
	return (uint64_t)serial << 32 | (uint64_t)slot << 16 | state;
}

static inline uint64_t conn_word(const struct conn *c)
{
	return atomic_load_explicit(&c->word, memory_order_acquire);
}

static inline uint32_t conn_serial(const struct conn *c)
{
	return word_serial(atomic_load_explicit(&c->word,
	    memory_order_relaxed));
}

static inline void conn_copy_flow(struct flow *to, const struct flow *from)
{
	memcpy(to, from, from->secure ? sizeof *to
	    : offsetof(struct flow, side));
}

/* It has requests, or is to have some: a client's, or one without a client. The
 * kind of a row is its owner's: for others a hint. */
static inline bool conn_has_requests(const struct conn *c)
{
	return c->kind == CONN_CLIENT || c->kind == CONN_REFRESH;
}

/* Makes *f the row's flow, all at once. The caller owns the row. */
static inline void conn_publish(struct conn *c, const struct flow *f)
{
	uint32_t other = !atomic_load_explicit(&c->cur, memory_order_relaxed);

	conn_copy_flow(&c->flow[other], f);
	atomic_store_explicit(&c->cur, other, memory_order_release);
}

static inline const struct flow *conn_flow(const struct conn *c)
{
	return &c->flow[atomic_load_explicit(&c->cur, memory_order_acquire)
	    & 1];
}

/* Fresh flow of a row that has just been made. */
void conn_reset(struct conn *c, enum conn_kind kind);

/* What the kernel has counted on a TCP socket since the row was made: bytes
 * read by us and bytes written by us. False for other sockets, and for
 * connections that are no more. */
bool conn_counts(const struct conn *c, int fd, uint64_t *rx, uint64_t *tx);

/* True while a socket is being connected: nothing can have been sent. */
bool conn_is_connecting(int fd);

/* The client's address. */
struct addr conn_from(const struct conn *c);

#endif
