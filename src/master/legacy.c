/* SPDX-License-Identifier: BSD-2-Clause */
/* Legacies: how they are read, as something that a stranger wrote. */
#include "master/legacy.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"

bool legacy_blame(struct legacy *l, const char *fmt, ...)
{
	va_list ap;

	if (l->wrong[0])
		return false;
	va_start(ap, fmt);
	vsnprintf(l->wrong, sizeof l->wrong, fmt, ap);
	va_end(ap);
	return false;
}

static bool read_whole(struct legacy *l, int fd, size_t size)
{
	l->text = malloc(size + 1);
	if (l->text == NULL)
		return legacy_blame(l, "no memory to read it");
	for (size_t got = 0; got < size; ) {
		ssize_t n = pread(fd, l->text + got, size - got, (off_t)got);
		if (n <= 0)
			return legacy_blame(l, "it cannot be read");
		got += (size_t)n;
	}
	l->text[size] = '\0';
	if (memchr(l->text, '\0', size))
		return legacy_blame(l, "it is no text");
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: it gets shorter. The length; -1: it is none. */
static ssize_t unescape(char *p)
{
	char *to = p;
	const char *from = p;

	while (*from) {
		if (*from != '%') {
			*to++ = *from++;
			continue;
		}
		int high = hex(from[1]), low = high < 0 ? -1 : hex(from[2]);
		if (low < 0)
			return -1;
		*to++ = (char)(high << 4 | low);
		from += 3;
	}
	*to = '\0';
	return to - p;
}

static bool read_field(struct legacy *l, char *text)
{
	char *value = strchr(text, '=');
	struct legacy_field *f = &l->fields[l->nfields];

	if (value == NULL)
		return legacy_blame(l, "a field has no value");
	*value++ = '\0';
	ssize_t n = unescape(value);
	if (n < 0)
		return legacy_blame(l, "a \"%%\" is followed by no number");
	*f = (struct legacy_field){text, value, (size_t)n};
	l->nfields++;
	return true;
}

static bool read_item(struct legacy *l, char *line)
{
	struct legacy_item *i = &l->items[l->nitems++];
	char *save = NULL;

	i->kind = strtok_r(line, "\t", &save);
	i->first = l->nfields;
	if (i->kind == NULL)
		return legacy_blame(l, "a line is empty");
	for (char *f; (f = strtok_r(NULL, "\t", &save)) != NULL; )
		if (!read_field(l, f))
			return false;
	i->n = l->nfields - i->first;
	return true;
}

static unsigned count(const char *text, char c)
{
	unsigned n = 0;

	for (; (text = strchr(text, c)) != NULL; text++)
		n++;
	return n;
}

static bool read_items(struct legacy *l)
{
	static const char first[] = LEGACY_FIRST_LINE "\n";
	char *line, *rest;

	if (strncmp(l->text, first, sizeof first - 1) != 0)
		return legacy_blame(l, "it is none that this program knows");
	rest = l->text + sizeof first - 1;
	l->items = calloc(count(rest, '\n') + 1, sizeof *l->items);
	l->fields = calloc(count(rest, '\t') + 1, sizeof *l->fields);
	if (l->items == NULL || l->fields == NULL)
		return legacy_blame(l, "no memory to read it");
	while (*rest) {
		line = rest;
		rest = strchr(rest, '\n');
		if (rest == NULL)
			return legacy_blame(l, "it is cut off");
		*rest++ = '\0';
		if (!read_item(l, line))
			return false;
	}
	return true;
}

bool legacy_read(struct legacy *l, int fd)
{
	struct stat st;

	memset(l, 0, sizeof *l);
	if (fstat(fd, &st) < 0 || st.st_size < 0
	    || (uint64_t)st.st_size > LEGACY_MOST)
		return legacy_blame(l, "there is none, or it is too long");
	return read_whole(l, fd, (size_t)st.st_size) && read_items(l);
}

void legacy_drop(struct legacy *l)
{
	free(l->text);
	free(l->items);
	free(l->fields);
	l->text = NULL;
	l->items = NULL;
	l->fields = NULL;
	l->nitems = l->nfields = 0;
}

const struct legacy_item *legacy_next(const struct legacy *l,
    const struct legacy_item *after, const char *kind)
{
	unsigned n = after ? (unsigned)(after - l->items) + 1 : 0;

	for (; n < l->nitems; n++)
		if (strcmp(l->items[n].kind, kind) == 0)
			return &l->items[n];
	return NULL;
}

const struct legacy_item *legacy_get(struct legacy *l, const char *kind)
{
	static const struct legacy_item nothing = {"", 0, 0};
	const struct legacy_item *i = legacy_next(l, NULL, kind);

	if (i == NULL)
		legacy_blame(l, "it has no \"%s\"", kind);
	return i ? i : &nothing;
}

static const struct legacy_field *find(struct legacy *l,
    const struct legacy_item *i, const char *key)
{
	for (unsigned n = 0; n < i->n; n++)
		if (strcmp(l->fields[i->first + n].key, key) == 0)
			return &l->fields[i->first + n];
	legacy_blame(l, "its \"%s\" has no \"%s\"", i->kind, key);
	return NULL;
}

uint64_t legacy_number(struct legacy *l, const struct legacy_item *i,
    const char *key, uint64_t least, uint64_t most)
{
	const struct legacy_field *f = find(l, i, key);
	uint64_t v;

	if (f == NULL)
		return least;
	if (slice_u64(slice_make(f->value, f->n), &v) && v >= least
	    && v <= most)
		return v;
	legacy_blame(l, "\"%s\" of its \"%s\" is out of bounds", key,
	    i->kind);
	return least;
}

bool legacy_bool(struct legacy *l, const struct legacy_item *i,
    const char *key)
{
	return legacy_number(l, i, key, 0, 1);
}

const char *legacy_bytes(struct legacy *l, const struct legacy_item *i,
    const char *key, size_t most, size_t *n)
{
	const struct legacy_field *f = find(l, i, key);

	*n = 0;
	if (f && f->n > most) {
		legacy_blame(l, "\"%s\" of its \"%s\" is too long", key,
		    i->kind);
		f = NULL;
	}
	if (f == NULL)
		return "";
	*n = f->n;
	return f->value;
}

const char *legacy_text(struct legacy *l, const struct legacy_item *i,
    const char *key, size_t most)
{
	size_t n;
	const char *text = legacy_bytes(l, i, key, most, &n);

	if (strlen(text) == n)
		return text;
	legacy_blame(l, "\"%s\" of its \"%s\" is no text", key, i->kind);
	return "";
}

static bool is_open(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* They are written one higher: 0 is none. */
int legacy_fd_or_none(struct legacy *l, const struct legacy_item *i,
    const char *key)
{
	int fd = (int)legacy_number(l, i, key, 0, 1 << 24) - 1;

	if (fd < 0 || (fd > STDERR_FILENO && is_open(fd)))
		return fd;
	legacy_blame(l, "\"%s\" of its \"%s\", %d, is no open descriptor",
	    key, i->kind, fd);
	return -1;
}

int legacy_fd(struct legacy *l, const struct legacy_item *i, const char *key)
{
	int fd = legacy_fd_or_none(l, i, key);

	if (fd < 0)
		legacy_blame(l, "its \"%s\" has no descriptor \"%s\"",
		    i->kind, key);
	return fd;
}
