/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions: the keys and facts of rows whose peers speak TLS. */
#ifndef SHM_SESSION_H
#define SHM_SESSION_H

#include <stdint.h>

#include "net/record.h"
#include "shm/pages.h"

#define SESSION_SERVER 256

enum session_verified { SESSION_NO_CERTIFICATE, SESSION_VERIFIED,
	SESSION_NOT_VERIFIED };

/* One for each row, dense, beside the rows; written by who hangs the row, then
 * by the row's owner alone: the set of keys that is not in use, before the
 * flow that names it is published. Wiped when the row is freed. */
struct session {
	struct record_keys keys;
	uint16_t cipher;   /* the suite's number: 0x1301 ... */
	uint8_t resumed;
	uint8_t verified;  /* enum session_verified: the client's certificate */
	uint16_t most;     /* plain bytes of a record to it; 0: RECORD_PLAIN */
	uint16_t nserver;  /* the name that the client asked for, lower case */
	char server[SESSION_SERVER];
};

/* bits of secure.flags */
enum {
	SECURE_ENDED = 1,   /* close_notify has come: nothing does behind it */
	SECURE_SHUT = 2,    /* ours is sealed: nothing is, behind it */
	SECURE_BROKEN = 4,  /* an alert of either side: the end */
	SECURE_UPDATE = 8,  /* the peer wants our next key */
};

/* One side of a flow: where its record layer stands. Part of the flow, and so
 * published with it by one store (PROTOCOLS 5):
 * - A sealed record hangs in `sealed`, and its number is spent, before a byte
 *   of it is sent; nothing but what hangs there is ever sent.
 * - What has come stands in `raw` until the flow that has its plaintext, and
 *   the next number, is published; it is opened out of place, and room in raw
 *   is used again only after that.
 * tx of the flow counts plaintext that has been sealed, rx plaintext that was
 * handed on; wire_* count the socket's bytes, as the kernel does. */
struct secure {
	uint64_t wire_rx, wire_tx;
	uint64_t rseq, wseq;   /* numbers of the next records */
	uint32_t raw;          /* page: ciphertext that has come */
	uint16_t raw_start, raw_end;
	uint32_t plain;        /* page: opened, and not handed on yet */
	uint16_t plain_start, plain_end;
	struct chain sealed;   /* for the peer */
	uint32_t skip;         /* bytes of a handshake message to read over */
	uint8_t npart;         /* bytes of its head, if it is not all here */
	uint8_t part[4];
	uint8_t dull;          /* records in a row that held no data */
	uint8_t on;
	uint8_t rkey, wkey;    /* which of the two sets of keys is in use */
	uint8_t flags;
};

#endif
