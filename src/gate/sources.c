/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that `certificates` names, and which key belongs to which. */
#include "gate/sources.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/slice.h"
#include "gate/complain.h"
#include "gate/pairs.h"

#define SOURCES_MOST 30000u /* 10,000 certificates, each with two more */

static void add(struct sources *s, const char *folder, const char *name)
{
	char *path;

	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 8;
		s->at = reallocarray(s->at, s->room, sizeof *s->at);
		if (s->at == NULL)
			die("out of memory");
	}
	if (asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", name) < 0)
		die("out of memory");
	s->at[s->n++] = (struct source){.path = path};
}

static bool is_of_a_folder(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && (strcmp(dot, ".pem") == 0
	    || strcmp(dot, ".crt") == 0);
}

static void add_folder(struct sources *s, const char *path,
    struct complaints *c)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned before = s->n;

	if (dir == NULL) {
		complain(c, path, "cannot be read: %s", strerror(errno));
		return;
	}
	while (s->n <= SOURCES_MOST && (entry = readdir(dir)))
		if (is_of_a_folder(entry->d_name))
			add(s, path, entry->d_name);
	closedir(dir);
	if (s->n == before)
		complain(c, path, "is a folder in which there is no *.pem and "
		    "no *.crt");
}

static void add_path(struct sources *s, const char *path,
    struct complaints *c)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		s->many = true;
		add_folder(s, path, c);
	} else {
		add(s, "", path);
	}
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct source *)a)->path,
	    ((const struct source *)b)->path);
}

/* What an authority says of a certificate (gate/staple.h) lies beside it. */
static bool is_staple(const char *path)
{
	return slice_ends(slice_str(path), SLICE(".ocsp"));
}

static int unreadable; /* errno of a folder in a glob's way */

static int note_unreadable(const char *path, int error)
{
	(void)path;
	if (error != ENOENT && error != ENOTDIR)
		unreadable = error;
	return 0;
}

static void add_glob(struct sources *s, const char *pattern,
    struct complaints *c)
{
	glob_t g;

	unreadable = 0;
	int error = glob(pattern, GLOB_NOSORT, note_unreadable, &g);

	s->many = true;
	if (error == GLOB_NOSPACE)
		die("out of memory");
	for (size_t i = 0; error == 0 && i < g.gl_pathc; i++)
		if (s->n <= SOURCES_MOST && !is_staple(g.gl_pathv[i]))
			add_path(s, g.gl_pathv[i], c);
	globfree(&g);
	if (error && unreadable)
		complain(c, pattern, "cannot be read: %s",
		    strerror(unreadable));
	else if (error)
		complain(c, pattern, "matches no file: here there should be "
		    "PEM files with a certificate and its key");
}

static void list(struct sources *s, const struct conf_certificate *entry,
    struct complaints *c)
{
	struct stat st;

	if (entry->key || strpbrk(entry->cert, "*?[") == NULL
	    || stat(entry->cert, &st) == 0)
		add_path(s, entry->cert, c);
	else
		add_glob(s, entry->cert, c);
	if (s->n > SOURCES_MOST)
		complain(c, entry->cert, "has more than %u files",
		    SOURCES_MOST);
	if (s->n > 1)
		qsort(s->at, s->n, sizeof *s->at, by_path);
	if (entry->key && s->many)
		complain(c, entry->cert, "is a folder: beside \"key\" there "
		    "should be the file of one certificate");
}

void sources_read(struct sources *s, const struct conf_certificate *entry,
    struct complaints *c)
{
	char why[PEM_WHY];
	unsigned errors = c->errors;

	*s = (struct sources){0};
	list(s, entry, c);
	if (s->n > SOURCES_MOST || (entry->key && c->errors > errors))
		return;
	for (unsigned i = 0; i < s->n; i++) {
		s->at[i].fine = pem_read(s->at[i].path, &s->at[i].pem, why);
		if (!s->at[i].fine)
			complain(c, s->at[i].path, "%s", why);
	}
	pairs_find(s, entry->key, c);
}

void sources_free(struct sources *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		pem_free(&s->at[i].pem);
		EVP_PKEY_free(s->at[i].key);
		free(s->at[i].path);
	}
	free(s->at);
	*s = (struct sources){0};
}
