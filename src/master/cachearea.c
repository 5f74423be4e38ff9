/* SPDX-License-Identifier: BSD-2-Clause */
/* The areas of the cache: they outlive generations, which share them. */
#include "master/cachearea.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "master/generation.h"

/* A generation has one, and one may be in use by none. */
#define AREAS (GENERATIONS + 1)

struct cachearea {
	struct cache cache;
	uint64_t size, object;
	char *file;     /* NULL: none */
	char *begun;    /* name that the file has until it is settled */
	int unread;     /* of one that we cannot read: its lock; -1 */
	unsigned users; /* generations, and one if it is in use; 0: free */
};

static struct cachearea areas[AREAS];
static struct cachearea *used;

static const char *name_of(const char *file)
{
	return file ? file : "no file";
}

static bool is_same_file(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool cachearea_is_cut(const struct cachearea *a)
{
	struct stat st;

	return a && a->cache.head && a->file
	    && fstat(a->cache.area.fd, &st) == 0
	    && (uint64_t)st.st_size < a->size;
}

/* One that takes smaller responses than are to be stored now would go on
 * without the larger ones, and nobody would know why. */
static bool suits(const struct cachearea *a, const struct conf *conf)
{
	return a->cache.head && !cachearea_is_cut(a)
	    && a->size == conf->cache.size
	    && a->object >= conf_cache_object(conf)
	    && is_same_file(a->file, conf->cache.file);
}

static void tell_why(const struct cachearea *old, const struct conf *conf)
{
	if (old->cache.head == NULL)
		log_warn("the cache begins empty: this program cannot read "
		    "what the one before has stored");
	else if (cachearea_is_cut(old))
		log_warn("the cache begins empty: its file %s was cut off",
		    name_of(old->file));
	else if (!is_same_file(old->file, conf->cache.file))
		log_warn("the cache begins anew: it was in %s and will be in "
		    "%s", name_of(old->file), name_of(conf->cache.file));
	else if (old->size != conf->cache.size)
		log_warn("the cache begins empty: its size was %llu bytes "
		    "and will be %llu", (unsigned long long)old->size,
		    (unsigned long long)conf->cache.size);
	else
		log_warn("the cache begins empty: it was made for responses "
		    "of %llu bytes, and there will be some of %llu",
		    (unsigned long long)old->object,
		    (unsigned long long)conf_cache_object(conf));
}

static void drop(struct cachearea *a)
{
	if (a->begun)
		unlink(a->begun);
	cache_close(&a->cache);
	if (a->unread >= 0)
		close(a->unread);
	free(a->begun);
	free(a->file);
	*a = (struct cachearea){.unread = -1};
}

static bool has_file(const char *file)
{
	for (int i = 0; i < AREAS; i++)
		if (areas[i].users && is_same_file(areas[i].file, file))
			return true;
	return false;
}

/* A file that an old family still has is not emptied under it: the new one
 * takes its name once its generation runs. */
static bool name_file(struct cachearea *a, const char *file)
{
	a->file = strdup(file);
	if (a->file && has_file(file)
	    && asprintf(&a->begun, "%s.new", file) < 0)
		a->begun = NULL;
	return a->file && (a->begun || !has_file(file));
}

static struct cachearea *find_free(void)
{
	for (int i = 0; i < AREAS; i++)
		if (areas[i].users == 0)
			return &areas[i];
	return NULL;
}

static struct cachearea *create(const struct conf *conf)
{
	struct cachearea *a = find_free();
	const char *file = conf->cache.file;

	MUST(a);
	a->unread = -1;
	a->size = conf->cache.size;
	a->object = conf_cache_object(conf);
	if (file && !name_file(a, file)) {
		log_err("no memory for the name of the cache's file");
		drop(a);
		return NULL;
	}
	/* what a master left there that died before it had settled it */
	if (a->begun)
		unlink(a->begun);
	if (!cache_create(&a->cache, a->size, a->object,
	    a->begun ? a->begun : file)) {
		drop(a);
		return NULL;
	}
	return a;
}

bool cachearea_claim(const struct conf *conf, struct cachearea **to)
{
	*to = NULL;
	if (!conf_has_cache(conf))
		return true;
	if (used && suits(used, conf)) {
		*to = used;
	} else {
		if (used)
			tell_why(used, conf);
		*to = create(conf);
	}
	if (*to)
		(*to)->users++;
	return *to != NULL;
}

void cachearea_release(struct cachearea *a)
{
	if (a && --a->users == 0)
		drop(a);
}

void cachearea_use(struct cachearea *a)
{
	struct cachearea *before = used;

	if (a)
		a->users++;
	used = a;
	cachearea_release(before);
	cache = used ? used->cache : (struct cache){0};
}

void cachearea_forget_cut(void)
{
	if (cachearea_is_cut(used))
		cache = (struct cache){0};
}

void cachearea_settle(struct cachearea *a)
{
	if (a == NULL || a->begun == NULL)
		return;
	if (rename(a->begun, a->file) < 0)
		log_err("the cache's file %s cannot be renamed to %s: %s",
		    a->begun, a->file, strerror(errno));
	free(a->begun);
	a->begun = NULL;
}

bool cachearea_is_shared(const struct cachearea *a, const struct cachearea *b)
{
	return a && a == b;
}

void cachearea_unmap_all(const struct cachearea *but)
{
	for (int i = 0; i < AREAS; i++)
		if (areas[i].users && &areas[i] != but)
			cache_close(&areas[i].cache);
	cache = but ? but->cache : (struct cache){0};
}

/* ---- From one program to the next ---- */

static void leave(struct will *w, const struct cachearea *a)
{
	will_item(w, "cache");
	will_number(w, "number", cachearea_number(a));
	will_number(w, "used", a == used);
	will_fd(w, "fd", a->cache.head ? a->cache.area.fd : a->unread);
	will_number(w, "size", a->size);
	will_number(w, "object", a->object);
	will_text(w, "file", a->file ? a->file : "");
	will_text(w, "begun", a->begun ? a->begun : "");
	will_end(w);
}

void cachearea_leave(struct will *w)
{
	for (int i = 0; i < AREAS; i++)
		if (areas[i].users)
			leave(w, &areas[i]);
}

static char *copy(struct legacy *l, const char *text)
{
	char *to = *text ? strdup(text) : NULL;

	if (*text && to == NULL)
		legacy_blame(l, "no memory for the cache's names");
	return to;
}

static void inherit(struct legacy *l, const struct legacy_item *i)
{
	struct cachearea *a = &areas[legacy_number(l, i, "number", 1, AREAS)
	    - 1];
	int fd = legacy_fd(l, i, "fd");

	*a = (struct cachearea){.unread = -1,
	    .size = legacy_number(l, i, "size", 1, SIZE_MAX / 2),
	    .object = legacy_number(l, i, "object", 0, UINT64_MAX),
	    .file = copy(l, legacy_text(l, i, "file", 4096)),
	    .begun = copy(l, legacy_text(l, i, "begun", 4200))};
	if (!cache_attach(&a->cache, fd)) {
		a->cache = (struct cache){0};
		a->unread = fd;
	}
	if (legacy_bool(l, i, "used")) {
		a->users = 1;
		used = a;
		cache = a->cache;
	}
}

void cachearea_inherit(struct legacy *l)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, "cache")) != NULL)
		inherit(l, i);
}

unsigned cachearea_number(const struct cachearea *a)
{
	return a ? (unsigned)(a - areas) + 1 : 0;
}

struct cachearea *cachearea_claim_number(unsigned number)
{
	struct cachearea *a = number && number <= AREAS ? &areas[number - 1]
	    : NULL;

	if (a == NULL || a->size == 0)
		return NULL;
	a->users++;
	return a;
}
