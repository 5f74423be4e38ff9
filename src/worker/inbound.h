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

#endif
