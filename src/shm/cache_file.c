/* SPDX-License-Identifier: BSD-2-Clause */
/* A file under the cache: made, or attached with what is whole in it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/cache_layout.h"

#define LOCK_TRIES 100
#define LOCK_PAUSE_US 20000

/* The processes of a master that was killed just now have it for a moment. */
static bool lock_file(int fd)
{
	for (unsigned i = 1; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (i == LOCK_TRIES || (errno != EWOULDBLOCK
		    && errno != EINTR))
			return false;
		clock_sleep_us(LOCK_PAUSE_US);
	}
	return true;
}

/* Who may write there could have anything served. */
static const char *hindrance(int fd, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is no file for a cache";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "it belongs to another user";
	if (!lock_file(fd))
		return errno == EWOULDBLOCK
		    ? "another Portico has its cache in it" : strerror(errno);
	if (st->st_uid == geteuid() && (st->st_mode & 077)
	    && fchmod(fd, 0600) < 0)
		return strerror(errno);
	return NULL;
}

/* -1: it cannot be had, logged. */
static int open_locked(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
	    | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0) {
		log_err("the cache's file %s: %s", file, errno == ELOOP
		    ? "it is a symbolic link" : strerror(errno));
		return -1;
	}
	const char *why = fstat(fd, &st) < 0 ? strerror(errno)
	    : hindrance(fd, &st);
	if (why == NULL)
		return fd;
	log_err("the cache's file %s: %s", file, why);
	close(fd);
	return -1;
}

/* Whether its head is that of a cache that is as large as it should be, and
 * has room for such responses. */
static bool suits(int fd, uint64_t bytes, uint64_t object,
    struct cache_shape *shape)
{
	struct cache_head head;
	struct stat st;

	return fstat(fd, &st) == 0 && (uint64_t)st.st_size == bytes
	    && pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head
	    && cache_is_one(&head, bytes) && head.has_file == 1
	    && cache_shape(shape, bytes, head.object) && (uint64_t)
	    cache_promise_most(shape) * CACHE_UNIT >= object;
}

/* ---- What others may have written ---- */

/* Without one of its bans nothing in it can be trusted to be wanted still. Who
 * died while he added one may not have told its number. */
static bool bans_are_sound(struct bans *b)
{
	uint32_t last = atomic_load(&b->last), most = last;

	for (unsigned i = 0; i < BANS_MOST; i++) {
		const struct ban *ban = &b->at[i];
		uint32_t kind = atomic_load(&ban->kind);
		if (kind == BAN_NONE)
			continue;
		if (kind > BAN_TAG || ban->number > last + 1
		    || ban->n > BAN_TEXT || memchr(ban->host, '\0',
		    sizeof ban->host) == NULL)
			return false;
		most = ban->number > most ? ban->number : most;
	}
	atomic_store(&b->last, most);
	return true;
}

static void mend_tallies(struct tallies *t)
{
	for (unsigned i = 0; i < TALLIES; i++) {
		t->at[i].name[TALLY_NAME - 1] = '\0';
		if (atomic_load(&t->at[i].state) != 2)
			memset(&t->at[i], 0, sizeof t->at[i]);
	}
}

/* Nobody else has it: what is whole in it stays. */
static bool attach(struct cache *c)
{
	struct cache old = cache;

	if (!bans_are_sound(c->bans))
		return false;
	atomic_store(&c->bans->lock.word, 0);
	mend_tallies(c->tallies);
	memset(c->chores, 0, sizeof *c->chores);
	atomic_store(&c->head->epoch, 1);
	atomic_store(&c->head->scans, 0);
	cache = *c;
	for (unsigned i = 0; i < c->shape.shards; i++) {
		atomic_store(&c->shard[i].lock.word, 0);
		cache_repair(&c->shard[i], false);
		atomic_store(&c->shard[i].dirty, 0);
	}
	cache = old;
	return true;
}

/* A full disk shows here, and not as a signal later. */
static bool begin_anew(struct cache *c, int fd, uint64_t bytes,
    uint64_t object)
{
	int error;

	if (!cache_shape(&c->shape, bytes, object) || ftruncate(fd, 0) < 0)
		return false;
	if ((error = posix_fallocate(fd, 0, (off_t)bytes)) != 0) {
		/* what it has got others can use */
		if (ftruncate(fd, 0) < 0)
			log_debug("the cache's file cannot be emptied: %m");
		errno = error;
		return false;
	}
	return cache_map(c, fd, bytes) && cache_init(c, bytes, object, true);
}

/* A name that was mistyped is not to cost somebody his file: empty, a cache,
 * one whose making was cut off (zeros), or a damaged one, by its size. */
static bool may_empty(int fd, uint64_t bytes)
{
	struct stat st;
	uint64_t magic = 0;

	if (fstat(fd, &st) < 0)
		return false;
	if (st.st_size == 0 || (uint64_t)st.st_size == bytes)
		return true;
	return pread(fd, &magic, sizeof magic, 0) > 0
	    && (magic == CACHE_MAGIC || magic == 0);
}

static bool was_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0;
}

static bool refuse(struct cache *to, int fd, const char *file,
    const char *why)
{
	log_err("the cache's file %s: %s", file, why);
	area_unmap(&to->area);
	to->area.fd = -1;
	close(fd);
	return false;
}

bool cache_open_file(struct cache *to, uint64_t bytes, uint64_t object,
    const char *file)
{
	int fd = open_locked(file);

	if (fd < 0)
		return false;
	if (suits(fd, bytes, object, &to->shape) && cache_map(to, fd, bytes)
	    && attach(to))
		return true;
	if (!may_empty(fd, bytes))
		return refuse(to, fd, file, "something else is in it, which "
		    "stays; name another file, or remove it");
	if (!was_empty(fd))
		log_warn("%s: it is no cache of this size and kind: it begins "
		    "empty", file);
	area_unmap(&to->area);
	return begin_anew(to, fd, bytes, object)
	    || refuse(to, fd, file, strerror(errno));
}
