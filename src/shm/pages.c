/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages: free lists, magazines, and what is settled after a death. */
#include "shm/pages.h"

#include <string.h>

#include "base/fault.h"
#include "base/log.h"

#define REFILL 16u
#define SPARE_PART 8u /* of the pages one in so many is kept */

enum { WORD_FREE, WORD_MAGAZINE, WORD_ROW };

struct pages pages;

static uint64_t word_magazine(unsigned slot)
{
	return (uint64_t)slot << 8 | WORD_MAGAZINE;
}

static uint64_t word_row(uint32_t row, uint32_t serial)
{
	return (uint64_t)serial << 32 | row << 8 | WORD_ROW;
}

static void set_word(uint32_t n, uint64_t word)
{
	atomic_store_explicit(&pages.page[n].word, word, memory_order_release);
}

static uint64_t get_word(uint32_t n)
{
	return atomic_load_explicit(&pages.page[n].word, memory_order_acquire);
}

static void list_push(struct page_list *l, uint32_t n)
{
	set_word(n, WORD_FREE);
	pages.page[n].next = l->head;
	l->head = n;
	l->n++;
}

static void list_rebuild(enum page_size size)
{
	struct page_list *l = &pages.head->list[size];
	uint32_t from = size == PAGE_IS_SMALL ? 1 : pages.nsmall + 1;
	uint32_t to = size == PAGE_IS_SMALL ? pages.nsmall : pages.count;

	l->head = l->n = 0;
	for (uint32_t n = to; n >= from; n--)
		if (get_word(n) == WORD_FREE)
			list_push(l, n);
}

static struct page_list *list_lock(enum page_size size)
{
	struct page_list *l = &pages.head->list[size];

	if (lock_take(&l->lock))
		list_rebuild(size);
	FAULT(page_list_locked);
	return l;
}

bool pages_create(struct pages *p, uint64_t bytes)
{
	uint32_t nsmall = (uint32_t)(bytes / 2 / PAGE_SMALL);
	uint32_t nlarge = (uint32_t)(bytes / 2 / PAGE_LARGE);
	size_t head = (sizeof(struct pages_head) + 4095) & ~(size_t)4095;
	size_t table = (sizeof(struct page) * (nsmall + nlarge + 1) + 4095)
	    & ~(size_t)4095;
	size_t small = (size_t)nsmall * PAGE_SMALL;

	p->area = area_create("portico-pages", head + table + small
	    + (size_t)nlarge * PAGE_LARGE);
	if (p->area.at == NULL)
		return false;
	p->head = p->area.at;
	p->page = (void *)((char *)p->area.at + head);
	p->small = (char *)p->page + table;
	p->large = p->small + small;
	p->nsmall = nsmall;
	p->count = nsmall + nlarge;
	struct pages old = pages;
	pages = *p;
	list_rebuild(PAGE_IS_SMALL);
	list_rebuild(PAGE_IS_LARGE);
	pages = old;
	return true;
}

/* Of what is kept never more than one at a time: what stands in a magazine may
 * be taken for anything. */
static void magazine_refill(struct magazine *m, enum page_size size,
    bool spare)
{
	struct page_list *l = list_lock(size);
	uint32_t kept = pages.kept[size];

	while (l->head && m->n[size] < REFILL && (l->n > kept
	    || (spare && m->n[size] == 0))) {
		uint32_t n = l->head;
		uint32_t next = pages.page[n].next;
		set_word(n, word_magazine(slot_me));
		l->head = next;
		l->n--;
		m->at[size][m->n[size]++] = n;
	}
	lock_release(&l->lock);
}

static void magazine_spill(struct magazine *m, enum page_size size)
{
	struct page_list *l = list_lock(size);

	while (m->n[size] > MAGAZINE / 2)
		list_push(l, m->at[size][--m->n[size]]);
	lock_release(&l->lock);
}

static uint32_t take(enum page_size size, uint32_t row, uint32_t serial,
    bool spare)
{
	struct magazine *m = &pages.head->magazine[slot_me];

	if (m->n[size] == 0)
		magazine_refill(m, size, spare);
	if (m->n[size] == 0)
		return 0;
	uint32_t n = m->at[size][--m->n[size]];
	FAULT(page_popped);
	set_word(n, word_row(row, serial));
	FAULT(page_taken);
	pages.page[n].next = 0;
	return n;
}

uint32_t page_take(enum page_size size, uint32_t row, uint32_t serial)
{
	return take(size, row, serial, false);
}

uint32_t page_take_spare(enum page_size size, uint32_t row, uint32_t serial)
{
	return take(size, row, serial, true);
}

void pages_keep_spare(void)
{
	pages.kept[PAGE_IS_SMALL] = pages.nsmall / SPARE_PART;
	pages.kept[PAGE_IS_LARGE] = (pages.count - pages.nsmall) / SPARE_PART;
}

void page_free(uint32_t n)
{
	struct magazine *m = &pages.head->magazine[slot_me];
	enum page_size size = page_size_of(n);

	MUST(n > 0 && n <= pages.count);
	MUST((get_word(n) & 0xff) == WORD_ROW);
	FAULT(page_unhung);
	if (m->n[size] == MAGAZINE)
		magazine_spill(m, size);
	set_word(n, word_magazine(slot_me));
	m->at[size][m->n[size]++] = n;
}

bool page_is_of(uint32_t n, uint32_t row, uint32_t serial)
{
	return n > 0 && n <= pages.count
	    && get_word(n) == word_row(row, serial);
}

void pages_settle_slot(unsigned slot)
{
	uint64_t of_slot = word_magazine(slot);

	memset(pages.head->magazine[slot].n, 0,
	    sizeof pages.head->magazine[slot].n);
	for (uint32_t n = 1; n <= pages.count; n++)
		if (get_word(n) == of_slot) {
			struct page_list *l = list_lock(page_size_of(n));
			/* who repaired the list may not know this one yet */
			list_push(l, n);
			lock_release(&l->lock);
		}
}

void pages_settle_row(uint32_t row, uint32_t serial, const char *reachable)
{
	uint64_t of_row = word_row(row, serial);

	for (uint32_t n = 1; n <= pages.count; n++)
		if (!reachable[n] && get_word(n) == of_row) {
			/* it may be a record whose number is used again */
			memset(page_at(n), 0, page_bytes(n));
			page_free(n);
		}
}

uint32_t pages_in_use(void)
{
	uint32_t used = 0;

	for (uint32_t n = 1; n <= pages.count; n++)
		used += (get_word(n) & 0xff) == WORD_ROW;
	return used;
}

void pages_settle_locks(unsigned slot)
{
	for (enum page_size s = PAGE_IS_SMALL; s <= PAGE_IS_LARGE; s++)
		if (lock_is_of(&pages.head->list[s].lock, slot))
			lock_release(&list_lock(s)->lock);
}
