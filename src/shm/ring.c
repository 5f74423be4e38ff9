/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of log lines in a slot: one process writes, the logger reads. */
#include "shm/ring.h"

#include <string.h>

static size_t entry_size(size_t length)
{
	return (sizeof(struct ring_header) + length + 7) & ~(size_t)7;
}

static void copy_in(struct ring *r, uint64_t at, const void *from, size_t n)
{
	size_t o = at % RING_BYTES, first = RING_BYTES - o;

	if (first > n)
		first = n;
	memcpy(r->bytes + o, from, first);
	memcpy(r->bytes, (const char *)from + first, n - first);
}

static void copy_out(struct ring *r, uint64_t at, void *to, size_t n)
{
	size_t o = at % RING_BYTES, first = RING_BYTES - o;

	if (first > n)
		first = n;
	memcpy(to, r->bytes + o, first);
	memcpy((char *)to + first, r->bytes, n - first);
}

void ring_write(struct ring *r, const struct ring_header *h, const char *text)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t n = entry_size(h->length);

	if (h->length > RING_LINE_MAX || head - tail + n > RING_BYTES) {
		atomic_store_explicit(&r->lost, atomic_load_explicit(&r->lost,
		    memory_order_relaxed) + 1, memory_order_relaxed);
		return;
	}
	copy_in(r, head, h, sizeof *h);
	copy_in(r, head + sizeof *h, text, h->length);
	atomic_store_explicit(&r->last, head, memory_order_release);
	atomic_store_explicit(&r->head, head + n, memory_order_release);
}

bool ring_peek(struct ring *r, struct ring_header *h)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (atomic_load_explicit(&r->head, memory_order_acquire) - tail
	    < sizeof *h)
		return false;
	copy_out(r, tail, h, sizeof *h);
	return true;
}

bool ring_read(struct ring *r, struct ring_header *h, char *text)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (head == tail)
		return false;
	copy_out(r, tail, h, sizeof *h);
	size_t n = entry_size(h->length);
	if (head - tail > RING_BYTES || h->length > RING_LINE_MAX
	    || n > head - tail) {
		atomic_store_explicit(&r->tail, head, memory_order_release);
		return false;
	}
	copy_out(r, tail + sizeof *h, text, h->length);
	atomic_store_explicit(&r->tail, tail + n, memory_order_release);
	return true;
}

bool ring_has_last(struct ring *r, uint32_t row, uint32_t serial,
    uint32_t number)
{
	uint64_t last = atomic_load(&r->last), head = atomic_load(&r->head);
	struct ring_header h;

	if (head == last || head - last > RING_BYTES)
		return false;
	copy_out(r, last, &h, sizeof h);
	return h.kind == RING_ACCESS && h.row == row && h.serial == serial
	    && h.number == number;
}

size_t ring_used(struct ring *r)
{
	return (size_t)(atomic_load_explicit(&r->head, memory_order_relaxed)
	    - atomic_load_explicit(&r->tail, memory_order_relaxed));
}
