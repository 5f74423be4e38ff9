/* SPDX-License-Identifier: BSD-2-Clause */
/* The wire under a handshake: a socket from which no byte too much is read. */
#ifndef GATE_WIRE_H
#define GATE_WIRE_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/stream.h"

/* OpenSSL reads from what the kernel lets us look at, and what it used is
 * taken out of the socket afterwards: the bytes behind the handshake stay
 * there, for who gets the socket. What it writes goes out at once, a flight
 * in one call. */
struct wire {
	int fd;
	uint64_t rx, tx; /* bytes of the socket so far, as the kernel counts */
	BIO *bio;        /* for SSL_set_bio; of the wire, used again */
	char *unsent;    /* what the socket did not take */
	size_t nunsent;
};

/* Once in a process; false if OpenSSL cannot. */
bool wire_init(void);

/* Makes it a socket's, whose counts stand at rx and tx. False: no memory. */
bool wire_open(struct wire *w, int fd, uint64_t rx, uint64_t tx);

/* Forgets what it has of the socket, which stays open. */
void wire_close(struct wire *w);

/* Sends what is unsent. IO_OK: nothing is any more. */
enum io wire_send(struct wire *w);

/* A step of OpenSSL stands between these two; only one wire has a step at a
 * time.
 * Begin: first sends what is unsent, then looks at what has come.
 * IO_OK: take the step. IO_WAIT: not yet; with unsent bytes, until the socket
 * can be written, else until it can be read. IO_END, IO_BROKEN: take the step
 * as well, OpenSSL is told; errno says why. */
enum io wire_begin(struct wire *w);

/* The same, for who speaks first: there is nothing to look at. */
void wire_begin_first(struct wire *w);

/* Begin, of whole records alone, for who reads on behind the handshake: of
 * one that is not whole yet nothing is taken. IO_WAIT: there is none. */
enum io wire_begin_whole(struct wire *w);

/* End: takes out what was read, sends what was written. IO_WAIT: not all of
 * it went: begin again when the socket can be written. */
enum io wire_end(struct wire *w);

#endif
