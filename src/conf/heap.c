/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of one struct conf: it grows, and is given back at once. */
#include "conf/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "conf/conf.h"

struct block {
	struct block *next;
	max_align_t bytes[];
};

/* What is not memory of the heap, but ends with it. */
struct owned {
	struct owned *next;
	void *thing;
	void (*release)(void *thing);
};

struct owner {
	struct conf conf; /* first: a struct conf is the way back to this */
	struct block *blocks;
	struct owned *owned;
};

struct conf *heap_new_conf(void)
{
	struct owner *o = calloc(1, sizeof *o);

	if (o == NULL)
		die("out of memory");
	return &o->conf;
}

void *heap_alloc(struct conf *conf, size_t n, size_t size)
{
	struct owner *o = (struct owner *)conf;
	struct block *b = NULL;
	size_t bytes;

	if (!__builtin_mul_overflow(n, size, &bytes)
	    && bytes < SIZE_MAX - sizeof *b)
		b = calloc(1, sizeof *b + bytes);
	if (b == NULL)
		die("out of memory");
	b->next = o->blocks;
	o->blocks = b;
	return b->bytes;
}

char *heap_copy(struct conf *conf, struct slice text)
{
	char *p = heap_alloc(conf, text.n + 1, 1);

	if (text.n)
		memcpy(p, text.p, text.n);
	return p;
}

char *heap_printf(struct conf *conf, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	char *copy = heap_copy(conf, slice_make(text, (size_t)n));
	free(text);
	return copy;
}

void heap_own(struct conf *conf, void *thing, void (*release)(void *thing))
{
	struct owner *o = (struct owner *)conf;
	struct owned *own = heap_alloc(conf, 1, sizeof *own);

	*own = (struct owned){o->owned, thing, release};
	o->owned = own;
}

void heap_free_conf(struct conf *conf)
{
	struct owner *o = (struct owner *)conf;
	struct block *b = o->blocks;

	for (struct owned *own = o->owned; own; own = own->next)
		own->release(own->thing);
	while (b) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
	free(o);
}
