/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling the cache: from the claim of an entry to its end. */
#ifndef WORKER_FILL_H
#define WORKER_FILL_H

#include "http/framing.h"
#include "shm/cache.h"
#include "worker/request.h"
#include "worker/stored.h"

/* What is not stored is not waited for during so many seconds: after a response
 * that says so, and after an error. */
#define FILL_MARK 120
#define FILL_MARK_ERROR 1

/* Nothing in the cache can answer it at once. Of `found` the live entry is
 * stale, and s->f.entry already if there is one; a busy one is waited for, and
 * where there is none the request becomes the one that fetches (s->f.fill), by
 * a stale entry's validators where it has any. Requests with a Range, or
 * conditions of their own, do not fetch for others: a request without a client
 * does, and they wait for it. The next step: pick, the wait, or serve. */
next_step fill_claim(struct stride *s, const struct cache_found *found);

/* Somebody else's response is under way in entry n, seen as word, and no stale
 * one would do: waits for it, then looks up again; or, after `collapse`, goes
 * alone. */
next_step fill_wait(struct stride *s, uint32_t n, uint64_t word);

/* The wait for entry n to be other than it was seen, until s->f.deadline; then
 * the step begins. It may have moved on already: then there is no wait. */
next_step fill_wait_for(struct stride *s, enum step step, uint32_t n,
    uint64_t word, uint64_t length);

/* After any wait: it waits for no entry any more, and if that has moved on, so
 * do others that wait for it. */
void fill_wait_over(struct stride *s);

/* It asks for itself, and what comes is not stored. */
next_step fill_go_alone(struct stride *s);

/* It asks for a part, or on a condition. */
bool fill_is_partial(const struct stride *s);

/* It has waited for as many others' responses as one may in vain, where they
 * differ (Vary). */
#define FILL_WAITS 2

static inline bool fill_has_waited(const struct stride *s)
{
	return s->r->waits >= FILL_WAITS;
}

/* It says who asks, by Authorization or a certificate: the answer is for that
 * one alone unless it says otherwise (RFC 9111, 3.5), so nobody waits for it,
 * and it waits for nobody. */
bool fill_is_personal(const struct stride *s);

/* s->f.fill is there, and this row's still: somebody may have condemned it. */
bool fill_is_on(const struct stride *s);

/* s->f.entry, pinned by the row, as a record that can be read. */
bool fill_has_stale(const struct stride *s, struct stored *to);

/* A stale entry is used: asks for it anew in the background, once (a request
 * without a client; RFC 5861). Does not fail. */
void fill_renew_later(struct stride *s);

/* The request for the backend has these conditions, and no others of those of
 * RFC 9110, 13, and no Range, where it fetches for the cache. */
bool fill_replaces_conditions(const struct stride *s);
void fill_put_conditions(struct buf *b, const struct stride *s);

/* The head of the final response has come, before anything is made of it.
 * True: *next goes on instead of relaying it: a 304 has renewed what is
 * stored, or an error is covered by a stale response. False: it is relayed; if
 * it may be stored s->f.fill is filling from now on, else let go of; and
 * unsafe methods have ended what they may have changed (RFC 9111, 4.4). */
bool fill_judge(struct stride *s, const struct head *h,
    const struct framing *body, next_step *next);

/* An unsafe method has been answered: what it may have changed is not used any
 * more (RFC 9111, 4.4). */
void fill_invalidate(const struct stride *s, const struct head *h);

/* Cache-Status (RFC 9211) of a response that is relayed, where the route wants
 * it. */
void fill_put_status(struct buf *b, const struct stride *s, unsigned status);

/* Body bytes, decoded, in their order, on their way to the client. LATER: there
 * is no room for them now, and others depend on it: nothing has been taken, and
 * they are given once more after a while. GONE: it is not stored, or has been
 * let go of for want of room. */
enum fill_took { FILL_TOOK, FILL_LATER, FILL_GONE };
enum fill_took fill_bytes(struct stride *s, const char *p, size_t n);

/* After a publication of s->f: others may read what there is. */
void fill_show(struct stride *s);

/* The last byte has come, and all before it was given to fill_bytes; or it
 * never will. Publishes. */
void fill_end(struct stride *s);
void fill_abandon(struct stride *s);

/* The attempt that was to fill it is over, and another one follows: what has
 * come of it is forgotten. */
void fill_again(struct stride *s);

/* At the end of a request: lets go of both entries. */
void fill_leave(struct stride *s);

/* What was asked for is in the cache now: for a chore that counts it. */
void fill_count(const struct stride *s);

/* What becomes of s->f.fill instead of a response: a mark, so that nobody
 * waits for the next one within so many seconds. */
void fill_mark(struct stride *s, int64_t seconds);

/* Whether a stale response may stand in for that error. */
bool fill_may_cover(const struct stride *s, unsigned status, enum cause cause);

/* One has stood in for an error just now: true if it does for this request as
 * well, beginning with *next, so that not each one asks a backend that fails,
 * or waits for another's answer. */
bool fill_spares(struct stride *s, next_step *next);

/* The request is to be answered with this error of ours. True: a stale
 * response does instead (stale-if-error, max_stale), beginning with *next. */
bool fill_covers(struct stride *s, unsigned status, enum cause cause,
    next_step *next);

/* The client reads more slowly than its backend sends: from now on what comes
 * goes to the cache alone, and to the client from there. False: it does not go
 * to the cache, or its length is not known. */
bool fill_falls_behind(struct stride *s);

/* The client is waited for, and what it fetches with it: others do not. */
void fill_stands_still(struct stride *s);

/* Puts some of what such a client has not got into f.out; false: there is
 * nothing more that has been published, or no page. */
bool fill_catches_up(struct stride *s);

/* All has come, and the client has it not: its entry becomes s->f.entry, for
 * serve. */
void fill_pin_for_client(struct stride *s);

/* The client has gone in the middle of a response that others, or the cache,
 * have a use for: it goes on without one. */
bool fill_goes_on_alone(struct stride *s);

#endif
