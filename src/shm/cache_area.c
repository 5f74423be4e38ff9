/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache's area: what lies where, and how it is made or attached. */
#include "shm/cache.h"

#include <stddef.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "shm/cache_layout.h"

#define SHARD_LEAST (UINT64_C(16) << 20)
#define PAGE 4096u

struct cache cache = {.area.fd = -1};

_Static_assert(sizeof(struct entry) == 128, "an entry has two lines");
_Static_assert(offsetof(struct entry, before) == 64, "looking needs one");

/* ---- What lies where ---- */

static size_t whole_pages(size_t n)
{
	return (n + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static void *cut(char **at, size_t size)
{
	char *here = *at;

	*at += whole_pages(size);
	return here;
}

/* Lays the parts out from `base`; the size of all. */
static size_t lay_out(struct cache *c, char *base)
{
	const struct cache_shape *s = &c->shape;
	size_t entries = (size_t)s->shards * s->entries + 1;
	size_t units = (size_t)s->shards * s->units + CACHE_CHUNK;
	size_t buckets = (size_t)s->shards * s->buckets;
	char *at = base;

	c->head = cut(&at, sizeof *c->head);
	c->bans = cut(&at, sizeof *c->bans);
	c->chores = cut(&at, sizeof *c->chores);
	c->tallies = cut(&at, sizeof *c->tallies);
	c->shard = cut(&at, sizeof *c->shard * s->shards);
	c->bucket = cut(&at, sizeof *c->bucket * buckets);
	c->entry = cut(&at, sizeof *c->entry * entries);
	c->ghost = cut(&at, sizeof *c->ghost * buckets);
	c->unit = cut(&at, sizeof *c->unit * units);
	c->bytes = cut(&at, CACHE_UNIT * units);
	c->nentries = (uint32_t)(entries - 1);
	return (size_t)(at - base);
}

static uint32_t power_from(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

static uint64_t size_of(const struct cache_shape *s)
{
	static char nowhere[1];
	struct cache c = {.shape = *s};

	return lay_out(&c, nowhere);
}

static void set_units(struct cache_shape *s, uint32_t units)
{
	s->units = units;
	s->entries = units / 2;
	s->buckets = power_from(s->entries);
}

/* The most that fits. Numbers of units have 32 bits, with some to spare. */
bool cache_shape(struct cache_shape *s, uint64_t bytes, uint64_t object)
{
	uint64_t least = object < SHARD_LEAST / 2 ? SHARD_LEAST : 2 * object;
	uint64_t most = bytes / CACHE_UNIT;
	uint32_t low = 0, high;

	s->shards = CACHE_SHARDS;
	while (s->shards > 1 && bytes / s->shards < least)
		s->shards /= 2;
	if (most > UINT32_MAX / 2)
		return false;
	high = (uint32_t)(most / s->shards / CACHE_CHUNK);
	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		set_units(s, middle * CACHE_CHUNK);
		if (size_of(s) <= bytes)
			low = middle;
		else
			high = middle - 1;
	}
	set_units(s, low * CACHE_CHUNK);
	return low > 0;
}

/* Another program's area can be read if nothing of this has changed. */
static uint64_t layout_hash(void)
{
	static const uint64_t facts[] = {CACHE_VERSION, CACHE_UNIT,
		CACHE_ORDERS, CACHE_QUEUES, sizeof(struct cache_head),
		sizeof(struct cache_shard), sizeof(struct entry),
		sizeof(struct cache_unit), sizeof(struct cache_ghost),
		sizeof(struct bans), sizeof(struct chores),
		sizeof(struct tallies), offsetof(struct entry, before),
		offsetof(struct entry, family), offsetof(struct entry, seen),
		offsetof(struct cache_shard, lock),
		offsetof(struct cache_shard, queue)};
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		h = (h ^ facts[i]) * UINT64_C(1099511628211);
	return h;
}

static void init_shards(struct cache *c)
{
	struct cache old = cache;

	cache = *c;
	for (unsigned i = 0; i < c->shape.shards; i++) {
		struct cache_shard *sh = &c->shard[i];
		sh->fresh_entry = cache_first_entry(i);
		sh->fresh_unit = cache_first_unit(i);
		sh->free_units = c->shape.units;
	}
	cache = old;
}

bool cache_init(struct cache *c, uint64_t bytes, uint64_t object,
    bool has_file)
{
	struct cache_head *h = c->head;

	if (getrandom(h->secret, sizeof h->secret, 0)
	    != (ssize_t)sizeof h->secret)
		return false;
	h->layout = layout_hash();
	h->bytes = bytes;
	h->object = object;
	h->has_file = has_file;
	atomic_store(&h->epoch, 1);
	init_shards(c);
	h->magic = CACHE_MAGIC;
	return true;
}

/* ---- The master ---- */

bool cache_map(struct cache *c, int fd, uint64_t bytes)
{
	c->area = area_attach(fd, bytes);
	if (c->area.at == NULL)
		return false;
	lay_out(c, c->area.at);
	return true;
}

bool cache_create(struct cache *to, uint64_t bytes, uint64_t object,
    const char *file)
{
	*to = (struct cache){.area.fd = -1};
	if (!cache_shape(&to->shape, bytes, object)) {
		log_err("a cache of %llu bytes is too small, or too large",
		    (unsigned long long)bytes);
		return false;
	}
	if (file)
		return cache_open_file(to, bytes, object, file);
	to->area = area_create("portico-cache", bytes);
	if (to->area.at) {
		lay_out(to, to->area.at);
		if (cache_init(to, bytes, object, false))
			return true;
	}
	log_err("no memory for the cache: %m");
	cache_close(to);
	return false;
}

/* What its head says is another program's word: nothing lies behind its end,
 * and its shape follows from two numbers. */
bool cache_is_one(const struct cache_head *h, uint64_t bytes)
{
	struct cache_shape s;

	return h->magic == CACHE_MAGIC && h->layout == layout_hash()
	    && h->bytes == bytes && cache_shape(&s, bytes, h->object);
}

bool cache_attach(struct cache *to, int fd)
{
	struct cache_head head;
	struct stat st;

	*to = (struct cache){.area.fd = -1};
	if (fstat(fd, &st) < 0 || pread(fd, &head, sizeof head, 0)
	    != (ssize_t)sizeof head
	    || !cache_is_one(&head, (uint64_t)st.st_size)
	    || !cache_shape(&to->shape, head.bytes, head.object))
		return false;
	return cache_map(to, fd, head.bytes);
}

void cache_close(struct cache *c)
{
	area_close(&c->area);
	*c = (struct cache){.area.fd = -1};
}
