/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies in the cache's area, and what its parts say to each other. */
#ifndef SHM_CACHE_LAYOUT_H
#define SHM_CACHE_LAYOUT_H

#include "shm/cache.h"

#define CACHE_MAGIC UINT64_C(0x706f727469636f63)
#ifndef CACHE_VERSION
#define CACHE_VERSION 2 /* of what is in records and blocks */
#endif
#define CACHE_SHARDS 64
#define CACHE_CHUNK (1u << (CACHE_ORDERS - 1)) /* units of a largest block */

/* Queues of a shard. New entries go to SMALL; what is used again there, or
 * was not long ago, to MAIN. */
enum cache_queue { QUEUE_NONE, QUEUE_BUSY, QUEUE_SMALL, QUEUE_MAIN,
	QUEUE_CONDEMNED, CACHE_QUEUES };

struct cache_list {
	uint32_t first, last; /* newest, oldest */
	uint32_t n;
	uint32_t units;
};

/* All but version is of who has the lock. What lies behind `fresh` has never
 * been touched, and costs no memory. */
struct cache_shard {
	_Alignas(64) _Atomic uint32_t version; /* odd: the index changes */
	_Alignas(64) struct lock lock;
	_Atomic uint32_t dirty;      /* what the lock guards may be torn */
	uint32_t fresh_entry, fresh_unit;
	uint32_t free_entry;         /* list, by `after` */
	uint32_t free[CACHE_ORDERS]; /* lists of blocks */
	uint32_t free_units;         /* in them, and fresh ones */
	uint32_t promised;           /* units, to what is being filled */
	uint32_t stuck;              /* units of condemned ones that the last
				      * scan had to leave */
	uint32_t ghost_clock;        /* units that have left SMALL for good */
	struct cache_list queue[CACHE_QUEUES];
};

/* One for each unit of memory. `mark` is that of a block at its first unit, 0
 * at the others. `next`: in a free list, or in what a block belongs to. */
struct cache_unit {
	_Atomic uint32_t next;
	uint32_t before;             /* in a free list */
	_Atomic uint32_t mark;       /* order and bits below */
	uint32_t check;              /* hash of what is in it; of bodies */
};

enum { UNIT_ORDER = 15, UNIT_FREE = 16, UNIT_USED = 32, UNIT_SEEN = 64 };

/* What has left SMALL, by a part of its hash. */
struct cache_ghost {
	uint32_t mark;               /* 0: none */
	uint32_t at;                 /* ghost_clock then */
};

#define CACHE_PURGED 64

struct cache_head {
	uint64_t magic, layout, bytes, object;
	uint64_t secret[2];          /* of the hash of keys */
	_Atomic uint32_t epoch;      /* attached so many times */
	uint32_t has_file;
	_Alignas(64) _Atomic uint64_t scans; /* begun so far */
	_Atomic uint64_t evicted, refused, damaged;
	_Atomic uint32_t purged[CACHE_PURGED]; /* purges, by parts of hashes */
};

/* ---- cache_area.c ---- */

/* The shape of an area; false: it is too small. */
bool cache_shape(struct cache_shape *s, uint64_t bytes, uint64_t object);

/* Maps an area of that shape (c->shape); its descriptor is the cache's then. */
bool cache_map(struct cache *c, int fd, uint64_t bytes);

/* Makes what is mapped, and all zeros, an empty cache. */
bool cache_init(struct cache *c, uint64_t bytes, uint64_t object,
    bool has_file);

/* Whether that is the head of an area of so many bytes that this program can
 * read. */
bool cache_is_one(const struct cache_head *h, uint64_t bytes);

/* ---- cache_file.c ---- */

/* The part of cache_create that is for a file. */
bool cache_open_file(struct cache *to, uint64_t bytes, uint64_t object,
    const char *file);

/* Most units that one response may have. */
static inline uint32_t cache_promise_most(const struct cache_shape *s)
{
	return s->units / 16 * 11;
}

/* ---- cache_index.c ---- */

static inline uint32_t word_of_serial(uint64_t w)
{
	return (uint32_t)(w >> 32);
}

static inline enum entry_state word_of_state(uint64_t w)
{
	return (enum entry_state)(w & 7);
}

static inline enum entry_state cache_state_now(const struct entry *e)
{
	return word_of_state(atomic_load_explicit(&e->word,
	    memory_order_relaxed));
}

static inline unsigned cache_shard_of_hash(uint64_t hash)
{
	return (unsigned)(hash >> 32) & (cache.shape.shards - 1);
}

static inline unsigned cache_shard_of(uint32_t n)
{
	return (n - 1) / cache.shape.entries;
}

static inline unsigned cache_number(const struct cache_shard *sh)
{
	return (unsigned)(sh - cache.shard);
}

/* The first numbers of a shard. */
static inline uint32_t cache_first_entry(unsigned shard)
{
	return 1 + shard * cache.shape.entries;
}

static inline uint32_t cache_first_unit(unsigned shard)
{
	return CACHE_CHUNK + shard * cache.shape.units;
}

_Atomic uint32_t *cache_bucket(uint64_t hash);

struct cache_shard *cache_lock(unsigned shard);
void cache_unlock(struct cache_shard *sh);

/* Into the index, and out of it; under the lock. */
void cache_index_add(uint32_t n);
void cache_index_remove(struct cache_shard *sh, uint32_t n);

/* Whether the last look of this process for that hash saw the entry; false
 * too if it was for another one: then *known is false. */
bool cache_was_seen(uint64_t hash, uint32_t n, bool *known);

bool cache_key_is(uint32_t n, struct slice key);

/* Same serial, another state: under the lock. */
void cache_set_state(uint32_t n, enum entry_state state);

/* ---- cache_blocks.c; all but the first three under the lock ---- */

static inline char *cache_block(uint32_t block)
{
	return cache.bytes + (size_t)block * CACHE_UNIT;
}

static inline uint32_t cache_block_units(uint32_t block)
{
	return 1u << (atomic_load_explicit(&cache.unit[block].mark,
	    memory_order_relaxed) & UNIT_ORDER);
}

/* Of a block and all that are linked to it. */
static inline uint32_t cache_blocks_units(uint32_t block)
{
	uint32_t units = 0;

	for (; block; block = atomic_load_explicit(&cache.unit[block].next,
	    memory_order_relaxed))
		units += cache_block_units(block);
	return units;
}

static inline uint64_t cache_units_for(uint64_t bytes)
{
	return bytes / CACHE_UNIT + (bytes % CACHE_UNIT != 0);
}

/* Least order of a block of so many bytes. */
unsigned cache_order_for(size_t bytes);

/* A block of that order; 0: there is none. */
uint32_t cache_block_take(struct cache_shard *sh, unsigned order);

/* One of that order, or the largest below it that there is. */
uint32_t cache_block_take_some(struct cache_shard *sh, unsigned order);
void cache_block_free(struct cache_shard *sh, uint32_t block);

/* All that are linked to it. */
void cache_blocks_free(struct cache_shard *sh, uint32_t block);

/* Keeps its beginning of that order, frees the rest. */
void cache_block_cut(struct cache_shard *sh, uint32_t block, unsigned order);

/* Gives units to the free lists that no block has, from here to there. */
void cache_units_free(struct cache_shard *sh, uint32_t from, uint32_t to);

/* ---- cache_evict.c; under the lock ---- */

void cache_queue_push(struct cache_shard *sh, enum cache_queue q, uint32_t n);
void cache_queue_remove(struct cache_shard *sh, uint32_t n);

/* An entry that becomes live: SMALL or MAIN. */
void cache_queue_live(struct cache_shard *sh, uint32_t n);

/* Its units have changed. */
void cache_reckon(struct cache_shard *sh, uint32_t n, uint32_t units);

/* Condemns what is least worth keeping, until a scan can free so many units:
 * those that were stuck when the last one looked do not count. */
void cache_evict(struct cache_shard *sh, uint32_t units);

/* Out of the index; nobody new will find it. */
void cache_condemn_locked(struct cache_shard *sh, uint32_t n);

/* ---- cache_pins.c ---- */

/* Reads all pins. Number of the scan; 0: it does not count. */
uint64_t cache_scan(void);

/* Frees what was condemned before the scan and was not seen by it. Whether
 * there was something. */
bool cache_free_condemned(unsigned shard, uint64_t scan);

/* Condemns, scans and frees, for who found no room. No lock is held. */
void cache_make_room(unsigned shard, uint32_t units);

/* ---- cache_fill.c; under the lock ---- */

/* It is not to be; who waits for it has still to be woken. */
void cache_abandon_locked(struct cache_shard *sh, uint32_t n);

/* Nobody fills it any more. */
void cache_let_go(struct cache_shard *sh, uint32_t n);

/* Units that are promised to an entry that is being filled. */
uint32_t cache_promise(const struct entry *e);

/* The record of a busy entry; total as for cache_fill_begin. False: no room
 * for it now. */
bool cache_put_record(struct cache_shard *sh, uint32_t n, struct slice record,
    uint64_t total);

/* Whether a block can have key and record at all. */
bool cache_record_fits(uint32_t n, struct slice record);

/* ---- cache_check.c ---- */

/* Of all but the bytes of its body, whose blocks have sums of their own: these
 * are in it. */
uint64_t cache_check_head(uint32_t n);
uint32_t cache_check_block(const char *p, size_t n);

/* ---- cache_repair.c ---- */

/* The shard is locked, or nobody else has the area yet. filling: who fills an
 * entry may still be there. */
void cache_repair(struct cache_shard *sh, bool filling);

#endif
