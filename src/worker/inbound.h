/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from either peer into the row's pages. */
#ifndef WORKER_INBOUND_H
#define WORKER_INBOUND_H

#include "net/stream.h"
#include "worker/request.h"

/* Receives behind what is in f.in, or in f.bin, and counts it. The page has
 * room, and the row has been published with it (and for the client with
 * RECEIVE_IN): so a death in here loses nothing (PROTOCOLS 3). */
enum io inbound_client(struct stride *s);
enum io inbound_backend(struct stride *s);

/* The same with RECEIVE_BODY, to the end of f.body, which has that much room:
 * at most the bytes that are left of it. */
enum io inbound_body(struct stride *s, size_t room);

/* As stream_peek, of the backend that s->f.peer is. May publish. */
enum io inbound_peek(struct stride *s);

#endif
