/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of certificates: whether they have changed. */
#include "master/files.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"

#define ENTRIES_MOST 100000 /* of one folder */
#define PATH_ROOM 4096

struct seen {
	uint64_t device, inode, size;
	int64_t seconds, nanoseconds;
};

static unsigned found; /* by the files_print under way */

static void add(uint64_t *print, const void *p, size_t n)
{
	const uint64_t key[2] = {*print, n};

	*print = hash_slice(key, slice_make(p, n));
}

/* Zeros for what is not there: it may come. */
static bool add_file(uint64_t *print, const char *path)
{
	struct seen seen = {0};
	struct stat st;
	bool is_folder = false;

	if (stat(path, &st) == 0) {
		seen = (struct seen){st.st_dev, st.st_ino,
		    (uint64_t)st.st_size, st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec};
		is_folder = S_ISDIR(st.st_mode);
		found++;
	}
	add(print, path, strlen(path));
	add(print, &seen, sizeof seen);
	return is_folder;
}

/* In whatever order they are told of, the sum is the same. */
static void add_folder(uint64_t *print, const char *path)
{
	char name[PATH_ROOM];
	DIR *dir = opendir(path);
	struct dirent *entry;
	uint64_t sum = 0;

	for (int i = 0; dir && i < ENTRIES_MOST && (entry = readdir(dir));
	    i++) {
		uint64_t one = 0;
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof name, "%s/%s", path, entry->d_name)
		    < (int)sizeof name)
			add_file(&one, name);
		sum += one;
	}
	if (dir)
		closedir(dir);
	add(print, &sum, sizeof sum);
}

/* A key may stand beside its certificate: a.key and a.pem.key for a.pem,
 * privkey.pem for cert.pem and fullchain.pem; and what its authority says of
 * it. */
static void add_partners(uint64_t *print, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	size_t stem = dot ? (size_t)(dot - path) : strlen(path);
	size_t word = strncmp(name, "fullchain", 9) == 0 ? 9
	    : strncmp(name, "cert", 4) == 0 ? 4 : 0;
	char other[PATH_ROOM];

	if (strlen(path) + 16 > sizeof other)
		return;
	snprintf(other, sizeof other, "%.*s.key", (int)stem, path);
	add_file(print, other);
	snprintf(other, sizeof other, "%s.key", path);
	add_file(print, other);
	snprintf(other, sizeof other, "%s.ocsp", path);
	add_file(print, other);
	if (word == 0)
		return;
	snprintf(other, sizeof other, "%.*sprivkey%s", (int)(name - path),
	    path, name + word);
	add_file(print, other);
}

static void add_path(uint64_t *print, const char *path)
{
	if (add_file(print, path))
		add_folder(print, path);
	else
		add_partners(print, path);
}

/* A file that is called so is meant, whatever signs are in its name. */
static void add_all(uint64_t *print, const char *pattern)
{
	struct stat st;
	glob_t g;

	if (pattern == NULL)
		return;
	if (stat(pattern, &st) == 0) {
		add_path(print, pattern);
		return;
	}
	if (glob(pattern, GLOB_NOMAGIC, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++)
		add_path(print, g.gl_pathv[i]);
	globfree(&g);
}

uint64_t files_print(const struct conf *conf, unsigned *n)
{
	uint64_t print = 1;

	found = 0;
	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_tls *tls = &conf->listeners[i].tls;
		for (unsigned k = 0; k < tls->ncertificates; k++) {
			add_all(&print, tls->certificates[k].cert);
			add_all(&print, tls->certificates[k].key);
		}
		add_all(&print, tls->client_ca);
	}
	for (unsigned i = 0; i < conf->npools; i++) {
		const struct conf_pool_tls *tls = &conf->pools[i].tls;
		add_all(&print, tls->ca);
		add_all(&print, tls->cert);
		add_all(&print, tls->key);
	}
	if (n)
		*n = found;
	return print;
}
