/* SPDX-License-Identifier: BSD-2-Clause */
/* The areas of the cache: they outlive generations, which share them. */
#ifndef MASTER_CACHEAREA_H
#define MASTER_CACHEAREA_H

#include <stdbool.h>

#include "conf/conf.h"
#include "master/legacy.h"
#include "master/will.h"
#include "shm/cache.h"

/* One that some generations use. */
struct cachearea;

/* *to is the area for a generation with that configuration: the one in use,
 * if its size and its file are as they were, else a new one (told of in the
 * log); NULL if it has no cache. False, logged: there is no memory for it, or
 * no file. May block. */
bool cachearea_claim(const struct conf *conf, struct cachearea **to);

/* What was claimed is not used any more; NULL is none. */
void cachearea_release(struct cachearea *a);

/* From now on it is the one in use: the global `cache`, for all that is forked
 * by this process. It stays, also when no generation has it, until another one
 * is. */
void cachearea_use(struct cachearea *a);

/* The generation that it is of runs: its file has its name from now on. */
void cachearea_settle(struct cachearea *a);

/* If the one in use was cut the master reads it no more. */
void cachearea_forget_cut(void);

/* The families of both look for pins in each other's rows. */
/* Somebody has made its file shorter: who looks behind its end dies. */
bool cachearea_is_cut(const struct cachearea *a);

bool cachearea_is_shared(const struct cachearea *a, const struct cachearea *b);

/* In a child: unmaps all but a; NULL: all. */
void cachearea_unmap_all(const struct cachearea *but);

/* All areas, for the program that follows, and from the one before; one that
 * this program cannot read is of use to nobody but the families that have it:
 * the next generation begins with an empty one. */
void cachearea_leave(struct will *w);
void cachearea_inherit(struct legacy *l);

/* The number of one in a legacy, 0: none; and what was claimed under it. */
unsigned cachearea_number(const struct cachearea *a);
struct cachearea *cachearea_claim_number(unsigned number);

#endif
