/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache: stored responses, in shards of an area that outlives families. */
#ifndef SHM_CACHE_H
#define SHM_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/slice.h"
#include "shm/area.h"
#include "shm/bans.h"
#include "shm/chores.h"
#include "shm/lock.h"
#include "shm/tallies.h"

/* Memory is cut into units; a block is 2^order of them side by side, at a
 * multiple of its size within its shard (a buddy system). What an entry has
 * lies in blocks: the first one holds its key and, behind it, its record (what
 * the worker knows of the response: opaque here); the others, linked, its
 * body. A body takes the largest blocks there are, and small ones where there
 * are none: only the first block must be in one piece. */
#define CACHE_UNIT 1024u
#define CACHE_ORDERS 7 /* 1 KB to 64 KB */
#define CACHE_FIRST_MOST (CACHE_UNIT << (CACHE_ORDERS - 1))
#define CACHE_VARIANTS 32 /* responses under one key */
#define CACHE_UNKNOWN UINT64_MAX

/* In the word with the entry's serial (32), so that both change at once:
 *   free -> busy          who claims it, for its row; under the shard's lock
 *   busy -> filling       the owner of that row: key and record are final
 *   busy, filling -> live the same, under the lock: it is whole
 *   busy, filling, live -> condemned  anybody, under the lock: it is out of
 *                         the index
 *   condemned -> free     of the newest family, under the lock, once nobody's
 *                         pin names it; with the next serial */
enum entry_state { ENTRY_FREE, ENTRY_BUSY, ENTRY_FILLING, ENTRY_LIVE,
	ENTRY_CONDEMNED };

/* bits of entry.renewing */
enum {
	RENEWING_FAILED = 1,
	RENEWING_NOBODY = 2, /* there was no backend to ask */
};

/* bits of entry.flags */
enum {
	ENTRY_PASS = 1,    /* no response: what is asked for is not stored, and
			    * nobody waits for it; set before it is live */
};

/* Fields without a word about them are written under the shard's lock; what
 * looking needs stands in the first 64 bytes. */
struct entry {
	_Atomic uint64_t word;    /* serial (32), enum entry_state */
	_Atomic uint64_t hash;    /* of the key */
	_Atomic uint32_t next;    /* in its bucket: newer ones first */
	uint8_t queue;            /* which */
	_Atomic uint8_t used;     /* hits, 0 to 3; whoever hits it, also while
				   * it is filled */
	_Atomic uint8_t awaited;  /* rows wait for it: cache_wait */
	_Atomic uint8_t invalid;  /* stale whatever its record says: anybody */
	uint32_t flags;
	_Atomic uint32_t first;   /* block of key and record */
	_Atomic uint32_t body;    /* block; 0: none */
	uint32_t nkey, nrecord;   /* bytes; nrecord final once filling */
	_Atomic uint32_t banned;  /* bans that it has been held against:
				   * whoever hits it; bans.h */
	_Atomic uint64_t length;  /* of the body, that may be read: its owner */
	_Atomic uint64_t total;   /* that it will have, or CACHE_UNKNOWN */
	uint32_t before, after;   /* in its queue */
	uint32_t units;           /* of its blocks, and of its body's if it is
				   * the last that has it */
	_Atomic uint32_t renewing; /* clock, s, times 4: somebody fetches it
				    * anew since, by compare-and-swap; and
				    * bits below, once that has failed */
	uint64_t check;           /* hash of all but its body, if there is a
				   * file */
	/* who fills it; row 0: nobody any more */
	uint32_t family, serial;
	_Atomic uint32_t row;
	_Atomic uint32_t instead; /* busy: live entry that it is to replace;
				   * then: the older one whose body it
				   * shares; or 0 */
	uint32_t heir;            /* the newer one that shares its body, or
				   * 0: the last of them frees it */
	_Atomic uint32_t checked; /* epoch in which `check` was seen to hold */
	_Atomic uint64_t seen;    /* number of the last scan that saw a pin */
	uint64_t scan;            /* condemned: scans before it */
};

struct cache_figures {
	uint64_t bytes, used;     /* of blocks */
	uint32_t entries, live, busy, condemned;
	uint64_t evicted, refused, damaged; /* since it was made: entries that
			* made room, claims without room, that failed `check` */
};

struct cache_head; /* cache_layout.h, for shm/cache*.c alone */
struct cache_shard;
struct cache_unit;
struct cache_ghost;

/* What follows from the size of an area. */
struct cache_shape {
	uint32_t shards;          /* a power of 2 */
	uint32_t entries, units;  /* of each */
	uint32_t buckets;         /* of each, and ghosts: a power of 2 */
};

/* The mapping of this process: the master's, inherited. head is NULL without a
 * cache. */
struct cache {
	struct area area;
	struct cache_head *head;
	struct entry *entry;      /* 1 to nentries */
	uint32_t nentries;
	struct bans *bans;        /* they lie in the area, too */
	struct chores *chores;
	struct tallies *tallies;
	/* for shm/cache*.c alone */
	struct cache_shape shape;
	struct cache_shard *shard;
	struct cache_unit *unit;  /* of the memory, and ... */
	char *bytes;              /* ... the memory */
	_Atomic uint32_t *bucket;
	struct cache_ghost *ghost;
};

extern struct cache cache;

/* ---- The master ---- */

/* Makes an area of `bytes` in all, or backs it by the file (absolute), which is
 * made or, if it is a cache of that size and layout, attached: what was
 * complete in it is there again, and is held against its `check` when it is
 * first used. object: bytes of the largest response that must fit. False,
 * logged: no memory, no file, or another Portico has it (flock) for longer
 * than two seconds. May block. */
bool cache_create(struct cache *to, uint64_t bytes, uint64_t object,
    const char *file);

/* The same of an area that another master has made, and whose processes may
 * use it (upgrade): it is mapped as it is. False: it is none that this program
 * can read. fd is the cache's from now on, or still the caller's. */
bool cache_attach(struct cache *to, int fd);

void cache_close(struct cache *c);

/* The steward, before it clones: rows of an older family may pin entries. Its
 * lobby stays mapped. */
struct lobby;
void cache_add_older(const struct lobby *older);

/* ---- Looking; no lock, but after a hundred changes under one look ---- */

uint64_t cache_hash(struct slice key);

/* Whether a response may answer the request in arg: by its record, whose
 * entry is pinned or held by a lock. Must bear any bytes: what it reads may
 * have changed; then its verdict is not used. */
typedef bool cache_fits(struct slice record, const void *arg);

struct cache_found {
	uint32_t live;      /* pinned by the slot; 0: none */
	uint32_t busy;      /* somebody fetches it just now; 0: nobody. Not
			     * pinned: cache_pin */
	uint64_t busy_word;
	bool others;        /* there are responses that do not fit */
};

/* The newest one that fits, and the one under way to replace it, or to be
 * the first. A busy one, whose record nobody knows yet, may be for any request
 * to which no live one fits. live counts as used. The slot's pin is lost. */
void cache_find(struct slice key, uint64_t hash, cache_fits *fits,
    const void *arg, struct cache_found *to);

/* A pinned one that answers while it is filled is used as well. */
void cache_count_use(uint32_t n);

/* Pins n with the slot. False: its word is not that one any more but for
 * busy -> filling -> live. */
bool cache_pin(uint32_t n, uint64_t word);
void cache_unpin(void);

/* The row's pin, which the owner of row (number) has from now on, beside or
 * instead of the slot's; 0 lets go. The entry is pinned by the slot already,
 * or it is the row's own to fill. */
void cache_pin_row(uint32_t row, uint32_t n);

/* Of a pinned entry, or one's own. A busy one has no record: n 0. */
enum entry_state cache_state(uint32_t n);
struct slice cache_key(uint32_t n);
struct slice cache_record(uint32_t n);

/* Has its bytes been seen to be what was stored? Else they are looked at now,
 * and it is condemned if they are not. Live entries only. */
bool cache_is_sound(uint32_t n);

static inline struct entry *cache_entry(uint32_t n)
{
	return &cache.entry[n];
}

/* A place in a body. Zero, with the entry's first block, is its beginning:
 * cache_begin. It lies in flows, so it outlives its stride. */
struct cache_place {
	uint64_t at;    /* bytes before it */
	uint64_t base;  /* where the block begins */
	uint32_t block; /* 0: none yet */
};

/* Moves to byte `at` of the body, forwards or back. */
void cache_seek(struct cache_place *p, uint32_t n, uint64_t at);

/* Vectors of the bytes from there on, up to `end`, which is at most its
 * published length; at most max of them. Does not move. */
int cache_vectors(const struct cache_place *p, uint32_t n, uint64_t end,
    struct iovec *v, int max);

/* ---- Filling ---- */

enum cache_claim {
	CACHE_CLAIMED, /* *n is busy, and the row's to fill */
	CACHE_BUSY,    /* somebody was faster: *n and *word */
	CACHE_FULL,    /* no room now: the response goes by */
};

/* An entry for key, of row (number; owned by the caller; serial its own).
 * instead: the live one that is to be replaced, or 0. */
enum cache_claim cache_claim(struct slice key, uint64_t hash, uint32_t instead,
    uint32_t row, uint32_t serial, uint32_t *n, uint64_t *word);

/* Its record is known: busy -> filling; total bytes of body are to come, or
 * CACHE_UNKNOWN. False: there is no room for so much. */
bool cache_fill_begin(uint32_t n, struct slice record, uint64_t total);

/* Writes behind *p, and moves it. What was written there by somebody who died
 * is written again. Nobody reads it before cache_fill_show. False: no room. */
bool cache_fill_write(uint32_t n, struct cache_place *p, const char *from,
    size_t bytes);

/* So many bytes may be read: after the flow that knows of them has been
 * published. Wakes a few of those that wait, and they others. */
void cache_fill_show(uint32_t n, uint64_t length);

/* It is whole: live. Other live ones of its key that `fits` are condemned, and
 * so is the oldest one beyond CACHE_VARIANTS. False: it was condemned
 * meanwhile. Wakes all that wait, as above. */
bool cache_fill_end(uint32_t n, cache_fits *fits, const void *arg);

/* n, busy, becomes live with this record and the body of old, a live entry
 * which the row has pinned: that one is condemned. False: old is not live any
 * more, or there is no room. */
bool cache_renew(uint32_t n, uint32_t old, struct slice record);

/* n, busy, becomes live as a mark: ENTRY_PASS, with a record. */
bool cache_fill_pass(uint32_t n, struct slice record);

/* It is not to be: condemned. Wakes all that wait. */
void cache_abandon(uint32_t n);

/* ---- Waiting for a busy entry; WAIT_TURN ---- */

/* The row (owned) waits for n from now on; look at the entry once more after
 * it, then park; cache_wait_end when it goes on. lobby.waits has the entry. */
void cache_wait(uint32_t row, uint32_t n);
void cache_wait_end(uint32_t row);

/* Whether n, which somebody waits for, is other than it was seen: any process,
 * after its number has been published. */
static inline bool cache_has_moved(uint32_t n, uint64_t word, uint64_t length)
{
	struct entry *e = cache_entry(n);

	return atomic_load(&e->word) != word
	    || atomic_load(&e->length) > length;
}

/* Rings up to `most` rows of this family that wait for n. */
void cache_wake(uint32_t n, unsigned most);

/* ---- Ending ---- */

/* Condemns what is under the key: all variants, also busy ones. Or, soft:
 * they become stale. Returns how many. */
unsigned cache_purge(struct slice key, uint64_t hash, bool soft);

/* Another number after each purge of what has such a hash, and each ban. Who
 * claims only when a response has come looks, behind the claim, whether it is
 * that of before it was asked for. */
uint64_t cache_purges(uint64_t hash);

/* Condemns or makes stale one that the caller has pinned. */
void cache_condemn(uint32_t n);
void cache_make_stale(uint32_t n);

/* ---- Steward ---- */

/* Often enough: keeps 2% of each shard free, frees what is condemned and not
 * pinned (newest family), abandons what rows fill that are no more. Returns
 * clock_ms of the next look. */
uint64_t cache_tidy(uint64_t now);

/* Rings the rows that wait for entries that have moved on or are no more. */
void cache_ring_waiting(void);

/* Of a row that is settled: what it was filling, but for `keep`, is abandoned;
 * its pin is `entry`. */
void cache_settle_row(uint32_t row, uint32_t serial, uint32_t keep,
    uint32_t entry);

/* Whether it is (still) the row's to fill: who goes on after a death asks, for
 * an entry that was given up may be another one's by now. */
bool cache_is_filled_by(uint32_t n, uint32_t row, uint32_t serial);

/* Locks that the dead slot n holds are passed on, and what they guard made
 * whole: the shard's index, queues and free blocks are rebuilt from those of
 * its entries that are whole. */
void cache_settle_locks(unsigned slot);

/* A family is gone: what its rows were filling is abandoned. */
void cache_settle_family(uint32_t family);

/* Calls it with the family of each entry that is somebody's to fill; under the
 * shards' locks, one after the other. */
typedef void cache_visit_fill(uint32_t family, void *arg);
void cache_walk_fills(cache_visit_fill *visit, void *arg);

/* Walks some live entries of the next shard and calls each, pinned by the
 * slot; for bans.c, and lists. Returns true when it has been round once. */
typedef void cache_visit(uint32_t n, void *arg);
bool cache_walk(uint32_t *at, unsigned most, cache_visit *visit, void *arg);

void cache_figures(struct cache_figures *to);

/* For tests: whether all sums are right (no block is lost or has two owners,
 * the index has what is live or busy, queues and counts are whole); if not
 * *why. Under the shards' locks, one after the other. */
bool cache_audit(const char **why);

#endif
