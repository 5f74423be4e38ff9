/* SPDX-License-Identifier: BSD-2-Clause */
/* A request's body that comes in chunks, and its trailers. */
#ifndef WORKER_DECODE_H
#define WORKER_DECODE_H

#include "worker/request.h"

/* Decodes what is in s->f.in into the body. False if there was no room for all
 * of it, or, with *no set, if it is not lawful. */
bool decode_chunks(struct stride *s, const struct refusal **no);

#endif
