/* SPDX-License-Identifier: BSD-2-Clause */
/* Chains: bytes in pages, held by a flow. */
#include "base/log.h"
#include "shm/pages.h"

static uint16_t start_of(const struct chain *c, uint32_t n)
{
	return n == c->head ? c->off : page_get(n)->start;
}

static uint16_t end_of(const struct chain *c, uint32_t n)
{
	return n == c->tail ? c->end : page_get(n)->end;
}

void chain_append(struct chain *c, uint32_t page, uint16_t start, uint16_t end)
{
	struct page *p = page_get(page);

	MUST(start <= end && end <= page_bytes(page));
	p->start = start;
	p->end = end;
	p->next = 0;
	if (c->head == 0) {
		c->head = page;
		c->off = start;
	} else {
		page_get(c->tail)->end = c->end;
		page_get(c->tail)->next = page;
	}
	c->tail = page;
	c->end = end;
	c->pages++;
	c->length += (uint64_t)(end - start);
}

uint32_t chain_room(const struct chain *c)
{
	return c->tail ? page_bytes(c->tail) - c->end : 0;
}

char *chain_space(const struct chain *c)
{
	return page_at(c->tail) + c->end;
}

void chain_grow(struct chain *c, uint32_t n)
{
	MUST(n <= chain_room(c));
	c->end = (uint16_t)(c->end + n);
	c->length += n;
}

int chain_vectors(const struct chain *c, uint64_t skip, struct iovec *v,
    int max)
{
	int k = 0;

	for (uint32_t n = c->head; n && k < max; n = page_get(n)->next) {
		uint16_t from = start_of(c, n), to = end_of(c, n);
		uint64_t have = (uint64_t)(to - from);
		if (skip >= have) {
			skip -= have;
		} else {
			v[k].iov_base = page_at(n) + from + skip;
			v[k++].iov_len = have - skip;
			skip = 0;
		}
		if (n == c->tail)
			break;
	}
	return k;
}

void page_drop(struct page_drop *drop, uint32_t page)
{
	MUST(drop->n < sizeof drop->at / sizeof drop->at[0]);
	if (page)
		drop->at[drop->n++] = page;
}

void page_drop_free(struct page_drop *drop)
{
	while (drop->n)
		page_free(drop->at[--drop->n]);
}

static void pop_head(struct chain *c, struct page_drop *drop)
{
	uint32_t n = c->head;

	page_drop(drop, n);
	c->pages--;
	if (n == c->tail) {
		*c = (struct chain){0};
		return;
	}
	c->head = page_get(n)->next;
	c->off = page_get(c->head)->start;
}

void chain_consume(struct chain *c, uint64_t n, struct page_drop *drop)
{
	MUST(n <= c->length);
	while (n > 0) {
		uint64_t have = (uint64_t)(end_of(c, c->head) - c->off);
		if (n < have) {
			c->off = (uint16_t)(c->off + n);
			c->length -= n;
			return;
		}
		n -= have;
		c->length -= have;
		pop_head(c, drop);
	}
}

void chain_clear(struct chain *c, struct page_drop *drop)
{
	while (c->head)
		pop_head(c, drop);
	*c = (struct chain){0};
}
