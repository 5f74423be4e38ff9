/* SPDX-License-Identifier: BSD-2-Clause */
/* What gates and their family say to each other, a message each. */
#ifndef SHM_ARRIVAL_H
#define SHM_ARRIVAL_H

#include <stdint.h>

#include "base/addr.h"
#include "shm/session.h"

#define ARRIVAL_FACTS 3500
#define ARRIVAL_WHY 160
#define CALL_FIRST 128
#define CALL_REQUEST 2048
#define CHECKED_BYTES 16384

/* Three pairs of SEQPACKET sockets of each generation that has gates; the
 * master makes them:
 *   lobby.calls     worker, steward -> gates: struct call
 *   lobby.arrivals  gates -> the family: struct arrival, with the socket in
 *                   SCM_RIGHTS (but for FAILED). It stands in the door as a
 *                   listener does; a worker receives the message right into
 *                   lobby.hands, under NOTE_ACCEPT: so of a worker that
 *                   dies then the sweep knows whose socket it is.
 *   lobby.checked   gates -> the steward: struct checked
 * A call ends with the last byte of its request. */

enum arrival_kind { ARRIVAL_NONE,
	ARRIVAL_CLIENT,  /* a client, its handshake done */
	ARRIVAL_BACKEND, /* a connection to a backend that was called for */
	ARRIVAL_FAILED,  /* there will be none: TLS has failed, `why` */
	ARRIVAL_UNREACHED /* not even TCP */
};

struct arrival {
	uint32_t kind;     /* enum arrival_kind */
	uint32_t listener; /* CLIENT: index in the configuration */
	uint32_t row, serial, number; /* of the call that is answered */
	uint32_t backend;  /* index */
	uint32_t version;  /* of its address */
	uint32_t nfacts;   /* bytes of facts */
	uint64_t rx, tx;   /* bytes of the socket, read and written so far */
	uint64_t rseq, wseq;
	struct addr from;  /* CLIENT: the peer, or whom PROXY names */
	struct addr peer;  /* CLIENT: the peer */
	struct session session;
	char why[ARRIVAL_WHY]; /* the last two: for the log, with its NUL */
	/* CLIENT, if the listener verifies clients or is strict about names:
	 * two lines of text and more, each with "\n" at its end: the DNS names
	 * of our certificate, separated by blanks; then, of a client with a
	 * certificate, "Name: value" for the backend. The message ends with
	 * the last of these bytes. */
	char facts[ARRIVAL_FACTS];
};

enum call_kind { CALL_CONNECT, CALL_CHECK };

/* For a connection to a TLS backend, or a check of one. */
struct call {
	uint32_t kind;       /* enum call_kind */
	/* of who asks, said back in the answer: the client's row, its serial,
	 * and which of its attempts; the probe's row and serial */
	uint32_t row, serial, number;
	uint32_t backend;    /* index: the pool's tls says the rest */
	uint32_t version;    /* of its address */
	uint32_t timeout;    /* ms, for all of it */
	struct addr to;
	uint32_t nserver;    /* name for SNI and verification; 0: none */
	uint32_t nfirst;     /* bytes before the handshake: PROXY */
	uint32_t nrequest;   /* CHECK: bytes to send; 0: the handshake is it */
	char server[SESSION_SERVER];
	char first[CALL_FIRST];
	char request[CALL_REQUEST];
};

/* What comes of a check: a message for each piece of the answer, in order; the
 * last one says so. It ends with the last of its bytes. */
struct checked {
	uint32_t row, serial;
	uint32_t failed;     /* 1: `why`, "" if its time is up; it is the last
			      * */
	uint32_t ended;      /* 1: the backend has sent its last byte, or there
			      * was nothing to be sent */
	uint32_t n;
	char why[ARRIVAL_WHY];
	char bytes[CHECKED_BYTES];
};

#endif
