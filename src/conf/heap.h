/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of one struct conf: it grows, and is given back at once. */
#ifndef CONF_HEAP_H
#define CONF_HEAP_H

#include <stddef.h>

#include "base/slice.h"

struct conf;

/* An empty configuration. Without memory these end the program. */
struct conf *heap_new_conf(void);

/* Cleared memory for n things of a size, aligned for any type, that lives
 * as long as conf; never NULL, not even for none. */
void *heap_alloc(struct conf *conf, size_t n, size_t size);

/* A copy that ends in NUL. */
char *heap_copy(struct conf *conf, struct slice text);
char *heap_printf(struct conf *conf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* release(thing) is called when conf is given back. */
void heap_own(struct conf *conf, void *thing, void (*release)(void *thing));

/* Gives back conf and all that was allocated for it. */
void heap_free_conf(struct conf *conf);

#endif
