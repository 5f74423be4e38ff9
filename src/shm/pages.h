/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages: the memory of traffic, in two sizes, and chains of them. */
#ifndef SHM_PAGES_H
#define SHM_PAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "shm/area.h"
#include "shm/lock.h"
#include "shm/slot.h"

#define PAGE_SMALL 4096u
#define PAGE_LARGE 20480u
#define PAGES_PER_ROW 16u
#define PAGES_SPARE 4u /* that records may have beside */

enum page_size { PAGE_IS_SMALL, PAGE_IS_LARGE };

/* The word says whose the page is, and it alone decides: free (kind 0, in
 * the list of its size), in the magazine of a slot (kind 1), or of a row
 * (kind 2). It is written under the list's lock, by the slot whose magazine
 * it is, or by the owner of the row. The other fields belong to the row's
 * owner; free pages are linked by next, under the list's lock. */
struct page {
	_Atomic uint64_t word; /* serial of the row (32), index (24), kind */
	uint32_t next;
	uint16_t start, end;   /* bytes of a chain that are in it */
};

#define MAGAZINE 64u

/* Pages at hand of one slot: touched by its process only; who settles the
 * slot finds its pages by their words and empties it. */
struct magazine {
	uint32_t n[2];
	uint32_t at[2][MAGAZINE];
};

struct page_list {
	struct lock lock;
	uint32_t head;
	uint32_t n;
	char pad[52];
};

struct pages_head {
	struct page_list list[2];
	struct magazine magazine[SLOTS];
};

struct pages {
	struct area area;
	struct pages_head *head;
	struct page *page; /* numbers 1 to count; 0 is no page */
	char *small, *large;
	uint32_t nsmall, count;
	uint32_t kept[2]; /* of each size, for page_take_spare alone */
};

extern struct pages pages;

/* A family's pages: bytes in all, half of them in each size. */
bool pages_create(struct pages *p, uint64_t bytes);

/* A page for row (owned by the caller) with its serial; 0 if there is none.
 * Hang it in the row's flow next. */
uint32_t page_take(enum page_size size, uint32_t row, uint32_t serial);

/* The same, of those too that are kept for it: for what makes other pages
 * free, as sealing does what waits for a client. */
uint32_t page_take_spare(enum page_size size, uint32_t row, uint32_t serial);

/* In this process from now on a part of the pages is kept for that. */
void pages_keep_spare(void);

/* Gives back a page that hangs in no flow any more. */
void page_free(uint32_t n);

/* True if n is a page and is the row's: what a chain names may be stale. */
bool page_is_of(uint32_t n, uint32_t row, uint32_t serial);

static inline struct page *page_get(uint32_t n)
{
	return &pages.page[n];
}

static inline enum page_size page_size_of(uint32_t n)
{
	return n > pages.nsmall ? PAGE_IS_LARGE : PAGE_IS_SMALL;
}

static inline uint32_t page_bytes(uint32_t n)
{
	return n > pages.nsmall ? PAGE_LARGE : PAGE_SMALL;
}

static inline char *page_at(uint32_t n)
{
	return n > pages.nsmall
	    ? pages.large + (size_t)(n - pages.nsmall - 1) * PAGE_LARGE
	    : pages.small + (size_t)(n - 1) * PAGE_SMALL;
}

/* Gives back what the magazine of a dead slot held. */
void pages_settle_slot(unsigned slot);

/* Frees the pages that are the row's but not in reachable (a byte a page,
 * count + 1 of them). */
void pages_settle_row(uint32_t row, uint32_t serial, const char *reachable);

/* Pages that are rows'; exact while no process works. */
uint32_t pages_in_use(void);

/* Locks of the lists that slot n holds are passed on. */
void pages_settle_locks(unsigned slot);

/* A chain of bytes in pages, part of a flow: the pages behind `head`, linked
 * by next, up to `tail`. off is where its bytes begin in the head, end where
 * they end in the tail; in between the pages' own start and end count. */
struct chain {
	uint32_t head, tail;
	uint16_t off, end;
	uint32_t pages;
	uint64_t length;
};

/* Pages that a flow has let go of: freed once it is published without them. */
struct page_drop {
	uint32_t n;
	uint32_t at[2 * (PAGES_PER_ROW + PAGES_SPARE)];
};

void chain_append(struct chain *c, uint32_t page, uint16_t start, uint16_t end);

/* Appends to the tail's free room; returns how much fitted. */
uint32_t chain_room(const struct chain *c);
char *chain_space(const struct chain *c);
void chain_grow(struct chain *c, uint32_t n);

/* Vectors of the bytes from `skip` on, at most max of them. */
int chain_vectors(const struct chain *c, uint64_t skip, struct iovec *v,
    int max);

/* Takes n bytes from its front; pages that got empty go to drop. */
void chain_consume(struct chain *c, uint64_t n, struct page_drop *drop);
void chain_clear(struct chain *c, struct page_drop *drop);

void page_drop(struct page_drop *drop, uint32_t page);
void page_drop_free(struct page_drop *drop);

#endif
