/* SPDX-License-Identifier: BSD-2-Clause */
/* The circle of a consistent hash: points of backends, as their weights. */
#ifndef CONF_CIRCLE_H
#define CONF_CIRCLE_H

#include <stdint.h>

struct conf;
struct conf_pool;

#define CIRCLE_MOST 65536 /* points of a pool */

/* Makes pool->points: some for each backend with a weight, sorted by `at`.
 * Where they are follows from a backend's name alone, so that a pool with
 * one backend more, or less, leaves the keys of the others where they are. */
void circle_build(struct conf *conf, struct conf_pool *pool);

/* The first point at or behind `at`; behind the last comes the first. The
 * pool has points. */
unsigned circle_find(const struct conf_pool *pool, uint32_t at);

#endif
