/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of log lines in a slot: one process writes, the logger reads. */
#include "shm/ring.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

struct ring_batch ring_begin(struct ring *r)
{
	return (struct ring_batch){r,
	    atomic_load_explicit(&r->head, memory_order_relaxed),
	    atomic_load_explicit(&r->last, memory_order_relaxed),
	    atomic_load_explicit(&r->tail, memory_order_acquire)};
}

void ring_add(struct ring_batch *b, const struct ring_header *h,
    const char *text)
{
	struct ring *r = b->ring;
	size_t n = entry_size(h->length);

	if (h->length > RING_LINE_MAX || b->head - b->tail + n > RING_BYTES) {
		atomic_store_explicit(&r->lost, atomic_load_explicit(&r->lost,
		    memory_order_relaxed) + 1, memory_order_relaxed);
		return;
	}
	copy_in(r, b->head, h, sizeof *h);
	copy_in(r, b->head + sizeof *h, text, h->length);
	if (h->kind >= RING_ACCESS)
		b->last = b->head;
	b->head += n;
}

bool ring_publish(const struct ring_batch *b)
{
	struct ring *r = b->ring;

	atomic_store_explicit(&r->last, b->last, memory_order_release);
	atomic_store_explicit(&r->head, b->head, memory_order_release);
	return b->head - b->tail > RING_BYTES / 4;
}

bool ring_write(struct ring *r, const struct ring_header *h, const char *text)
{
	struct ring_batch b = ring_begin(r);

	ring_add(&b, h, text);
	return ring_publish(&b);
}

/* The word is shared between processes: no FUTEX_PRIVATE_FLAG. */
void ring_drowse(struct ring *bell)
{
	atomic_store(&bell->bell, 1);
}

void ring_sleep(struct ring *bell, unsigned ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	syscall(SYS_futex, &bell->bell, FUTEX_WAIT, 1, &t, NULL, 0);
	atomic_store_explicit(&bell->bell, 0, memory_order_relaxed);
}

void ring_wake(struct ring *bell)
{
	if (atomic_load_explicit(&bell->bell, memory_order_relaxed) == 0
	    || atomic_exchange(&bell->bell, 0) == 0)
		return;
	syscall(SYS_futex, &bell->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
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
	return h.kind >= RING_ACCESS && h.row == row && h.serial == serial
	    && h.number == number;
}

size_t ring_used(struct ring *r)
{
	return (size_t)(atomic_load_explicit(&r->head, memory_order_relaxed)
	    - atomic_load_explicit(&r->tail, memory_order_relaxed));
}
