/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: what the cache keeps of a response beside its body. */
#ifndef WORKER_STORED_H
#define WORKER_STORED_H

#include "base/buf.h"
#include "http/etag.h"
#include "http/freshness.h"
#include "http/head.h"
#include "http/vary.h"
#include "shm/bans.h"
#include "worker/request.h"

#define STORED_FIELDS 200
#define STORED_MOST 60000 /* bytes: with its key it must fit a block */

/* A record, read in place: slices lie in it. Its fields are the backend's,
 * without those that end here, before anything that a route does to them: that
 * is done anew each time it is used. */
struct stored {
	unsigned status;
	bool pass;             /* a mark: nothing is stored */
	struct freshness fresh;
	struct validators validators;
	struct slice host, target; /* as asked for: purges, bans */
	struct slice tags;     /* Surrogate-Key, Cache-Groups; bans.h */
	struct slice origin;   /* what its backend is called: fields may name
				* it, and are said in the client's terms */
	bool origin_tls;
	struct slice fields, texts; /* table and texts: stored_head */
	unsigned nfields;
	struct slice vary;     /* names and values: stored_fits */
};

/* Reads a record; false if it is none: any bytes are borne. */
bool stored_read(struct slice record, struct stored *to);

/* The response's head as if it had just been parsed: without Age, which its
 * user adds, and Content-Length, which follows from the body. fields has room
 * for STORED_FIELDS. */
void stored_head(const struct stored *st, struct head *h,
    struct field *fields);

/* What stored_head is made of, for heads of our own: an empty one, and a field
 * behind its last, of which there are fewer than STORED_FIELDS. */
void stored_head_begin(struct head *h, struct field *fields, unsigned status);
void stored_head_add(struct head *h, const struct field *f);

/* The head of a stored response that the head of a 304 has freshened, into
 * fields: those of freshness_renew. False: there are too many of them. Slices
 * lie in both. */
bool stored_merge(const struct stored *old, const struct head *h,
    struct head *to, struct field *fields);

/* cache_fits: arg is the struct request. */
bool stored_fits(struct slice record, const void *arg);

/* bans_subject */
bool stored_subject(struct slice record, struct ban_subject *to);

/* Writes the record of a response to r. False: too large, or a Vary that
 * nobody can fit. */
bool stored_put(struct buf *b, const struct request *r, const struct head *h,
    const struct freshness *f);

/* That of a stored response which the head of a 304 has freshened (RFC 9111,
 * 3.2 and 4.3.4). */
bool stored_renew(struct buf *b, const struct request *r,
    const struct stored *old, const struct head *h,
    const struct freshness *f);

/* A mark, until `until` (seconds of the epoch; then fresh.received): responses
 * to this are not stored. */
bool stored_put_pass(struct buf *b, const struct request *r, int64_t until);

#endif
