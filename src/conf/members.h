/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends of pools: those of a name are several, side by side. */
#ifndef CONF_MEMBERS_H
#define CONF_MEMBERS_H

#include "conf/lookup.h"

struct conf;
struct conf_backend;
struct conf_pool;
struct load;

#define MEMBERS_MOST 4096 /* over all pools */

/* Adds n backends, as they stand in the file, to those of a pool: each as
 * all of its members, marked where it was marked. Those that the pool had
 * are marked no more. False if there would be too many; then none is
 * added. */
bool members_add(struct load *l, struct conf_pool *pool,
    const struct conf_backend *all, unsigned n);

/* Takes a backend out of its pool, with all of its members; b is the first
 * of them. */
void members_remove(struct conf *conf, struct conf_pool *pool,
    const struct conf_backend *b);

/* Backends of the pool as they stand in the file. */
unsigned members_groups(const struct conf_pool *pool);

/* Gives all backends their indices, over all pools. */
void members_index(struct conf *conf);

/* Reads where it is, and whether it is https, from text, which is written to
 * and must stay: an address or a name, behind "https://" or not. b->tls says
 * whether its pool has TLS. NULL, or what is wrong (a constant). */
const char *members_parse(char *text, struct conf_backend *b);

/* The port that is meant where none is named. */
uint16_t members_port(const struct conf_backend *b);

/* Where it is, as in the file but with its port and without "https://": also
 * its usual name.
 * Returns the length. */
size_t members_format(const struct conf_backend *b, char to[LOOKUP_TEXT]);

#endif
