/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request gets of a stored response: which head, and which bytes. */
#ifndef WORKER_SERVE_HEAD_H
#define WORKER_SERVE_HEAD_H

#include "http/framing.h"
#include "http/range.h"
#include "worker/serve.h"
#include "worker/stored.h"

/* Several ranges are put into pages: for more bytes than these the whole is
 * the answer. */
#define SERVE_PARTS_MOST (96u << 10)

struct serve_plan {
	enum serve_how how;
	struct stored st;
	uint64_t total;        /* bytes of the whole body */
	bool whole;            /* all of them are there */
	struct head h;         /* for compose_response_head */
	struct framing body;   /* what the head says of it */
	uint64_t first, end;   /* the bytes that follow it; none: equal */
	struct ranges parts;   /* or these, if n is more than 1 */
	struct slice type;     /* Content-Type of the parts */
};

/* For the record and length in p (how, st, total, whole) the rest of it.
 * Slices lie in the record, and in memory that the next call uses again. */
void serve_plan(struct serve_plan *p, const struct request *r, int64_t now);

/* multipart/byteranges (RFC 9110, 14.6): the body's length, which says whether
 * it is worth while; then the body of s->f.entry's bytes, behind the head in
 * s->f.out. False: there was no page. */
uint64_t serve_parts_length(const struct serve_plan *p,
    const struct request *r);
bool serve_parts(struct stride *s, const struct serve_plan *p);

/* Copies bytes of s->f.entry's body to s->f.out. False: there was no page. */
bool serve_copy(struct stride *s, uint64_t first, uint64_t end);

#endif
