/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading files into a source: what @include names is put in its place. */
#include "conf/splice.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/slice.h"
#include "conf/report.h"
#include "conf/source.h"

#define DEPTH 10               /* nested includes */
#define FILES 4096             /* included files in all */
#define DIGITS 9               /* of a number */
#define TEXT ((size_t)16 << 20) /* bytes in all */

/* The files that are open around one, to see a circle. */
struct chain {
	const struct chain *outer;
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

struct cursor {
	struct source *src;
	struct report *report;
	const struct chain *chain; /* NULL: in memory, no includes */
	const char *p, *end;
	unsigned file, line;
	/* libconfig notes a string's line once it has seen the token after
	 * it: newlines between the two are held back behind a "," or "]". */
	bool holding;
	unsigned held;
	bool word; /* the last byte was one of a name or number */
	int open;  /* brackets */
};

static void start_line(struct cursor *c, unsigned line)
{
	source_put(c->src, '\n');
	source_add_line(c->src, c->file, line);
}

static void newline(struct cursor *c)
{
	c->line++;
	if (c->holding)
		c->held++;
	else
		start_line(c, c->line);
}

static void release(struct cursor *c)
{
	for (c->holding = false; c->held; c->held--)
		start_line(c, c->line - c->held + 1);
}

/* The line of text that stands for where the cursor is. */
static unsigned here(struct cursor *c)
{
	release(c);
	return c->src->lines;
}

static void skip_comment(struct cursor *c)
{
	bool block = c->p[0] == '/' && c->p[1] == '*';
	unsigned start = c->src->lines + c->held;

	if (!block) {
		while (c->p < c->end && *c->p != '\n')
			c->p++;
		return;
	}
	for (c->p += 2; c->p < c->end; c->p++) {
		if (*c->p == '\n')
			newline(c);
		if (c->end - c->p >= 2 && memcmp(c->p, "*/", 2) == 0) {
			c->p += 2;
			return;
		}
	}
	report_error(c->report, start, "this comment has no end; \"*/\" is "
	    "missing");
}

/* libconfig would end the string there without a word. */
static void check_escape(struct cursor *c)
{
	if (c->end - c->p >= 4 && memcmp(c->p, "\\x00", 4) == 0)
		report_error(c->report, c->src->lines,
		    "a string cannot hold a NUL byte (\\x00)");
}

static void copy_string(struct cursor *c)
{
	unsigned start = here(c);

	source_put(c->src, *c->p++);
	while (c->p < c->end && *c->p != '"') {
		if (*c->p == '\n') {
			newline(c);
			c->p++;
			continue;
		}
		check_escape(c);
		if (*c->p == '\\' && c->end - c->p >= 2 && c->p[1] != '\n')
			source_put(c->src, *c->p++);
		source_put(c->src, *c->p++);
	}
	if (c->p == c->end)
		report_error(c->report, start, "this string has no end; "
		    "'\"' is missing");
	else
		c->p++;
	source_put(c->src, '"');
	c->holding = true;
}

static void read_file(struct source *src, const char *file, unsigned line,
    const struct chain *outer, struct report *report);

/* A folder that is not there holds no match. */
static int stop_glob(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

static void include_files(struct cursor *c, const char *pattern,
    unsigned line)
{
	bool plain = strpbrk(pattern, "*?[") == NULL;
	glob_t g;

	if (c->chain->depth >= DEPTH) {
		report_error(c->report, line,
		    "includes nest more than %d deep", DEPTH);
		return;
	}
	if (plain) {
		read_file(c->src, pattern, line, c->chain, c->report);
		return;
	}
	int failed = glob(pattern, 0, stop_glob, &g);
	if (failed && failed != GLOB_NOMATCH)
		report_error(c->report, line, "@include \"%s\": %s", pattern,
		    failed == GLOB_ABORTED ? "a folder cannot be read"
		    : "out of memory");
	for (size_t i = 0; failed == 0 && i < g.gl_pathc; i++)
		read_file(c->src, g.gl_pathv[i], line, c->chain, c->report);
	globfree(&g);
}

/* Relative names are relative to the file that says them. */
static void resolve(struct cursor *c, struct slice name, unsigned line)
{
	const char *file = c->src->files[c->file];
	const char *slash = strrchr(file, '/');
	int folder = name.p[0] == '/' || slash == NULL ? 0
	    : (int)(slash - file + 1);
	char *pattern;

	if (asprintf(&pattern, "%.*s%.*s", folder, file, SLICE_FMT(name)) < 0)
		die("out of memory");
	include_files(c, pattern, line);
	free(pattern);
}

static bool cut_include(struct cursor *c, struct slice *name)
{
	struct slice word = SLICE("@include");
	const char *p = c->p + word.n;

	if (!slice_starts(slice_make(c->p, (size_t)(c->end - c->p)), word))
		return false;
	while (p < c->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == c->end || *p != '"')
		return false;
	const char *start = ++p;
	while (p < c->end && *p != '"' && *p != '\n')
		p++;
	if (p == c->end || *p == '\n' || p == start)
		return false;
	*name = slice_make(start, (size_t)(p - start));
	c->p = p + 1;
	return name->n < 4096;
}

static void take_include(struct cursor *c)
{
	unsigned line = here(c);
	struct slice name;

	if (!cut_include(c, &name)) {
		report_error(c->report, line,
		    "\"@\" begins @include \"FILE\" and nothing else");
		while (c->p < c->end && *c->p != '\n')
			c->p++;
		return;
	}
	if (c->p < c->end && *c->p == ';')
		c->p++;
	if (c->chain == NULL) {
		report_error(c->report, line, "@include needs a file");
		return;
	}
	resolve(c, name, line);
	start_line(c, c->line);
}

static bool is_word_char(char c)
{
	char l = ascii_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_'
	    || c == '-' || c == '*';
}

/* libconfig reads what an int cannot hold as something else. */
static void check_number(struct cursor *c)
{
	const char *p = c->p;

	while (p < c->end && is_word_char(*p))
		p++;
	if (p - c->p > DIGITS)
		report_error(c->report, c->src->lines + c->held,
		    "a number has at most %d digits", DIGITS);
}

static void look_at(struct cursor *c)
{
	if (!c->word && *c->p >= '0' && *c->p <= '9')
		check_number(c);
	c->word = is_word_char(*c->p) && *c->p != '-';
	c->open += (strchr("{([", *c->p) != NULL)
	    - (strchr("})]", *c->p) != NULL);
}

static void copy_plain(struct cursor *c)
{
	look_at(c);
	char ch = *c->p++;

	if (ch == '\n') {
		newline(c);
		return;
	}
	if (c->holding && (ch == ' ' || ch == '\t' || ch == '\r'))
		return;
	bool closes = strchr(",;])}", ch) != NULL;
	if (!closes)
		release(c);
	source_put(c->src, ch);
	if (closes)
		release(c);
}

static bool at_comment(const struct cursor *c)
{
	return *c->p == '#' || (c->end - c->p >= 2 && c->p[0] == '/'
	    && (c->p[1] == '/' || c->p[1] == '*'));
}

static void copy(struct cursor *c)
{
	while (c->p < c->end) {
		if (*c->p == '"')
			copy_string(c);
		else if (*c->p == '@')
			take_include(c);
		else if (at_comment(c))
			skip_comment(c);
		else
			copy_plain(c);
	}
	release(c);
}

/* from: the line of text that asked for it, for the message. */
static void copy_all(struct cursor *c, const char *name, const char *text,
    size_t n, unsigned from)
{
	if (memchr(text, 0, n)) {
		report_error(c->report, from,
		    "%s holds a NUL byte: it is no text", name);
		return;
	}
	if (c->src->n + n > TEXT) {
		report_error(c->report, from, "%s: more than %zu MB in all",
		    name, TEXT >> 20);
		return;
	}
	c->file = source_add_file(c->src, name);
	c->line = 1;
	c->p = text;
	c->end = text + n;
	if (c->src->lines)
		source_put(c->src, '\n');
	source_add_line(c->src, c->file, 1);
	copy(c);
	if (c->open && c->chain && c->chain->outer)
		report_error(c->report, c->src->lines, "a bracket that opens "
		    "in an included file must close in it, and none other");
}

static char *slurp(FILE *f, size_t *n)
{
	char *text = malloc(TEXT + 1);

	if (text == NULL)
		die("out of memory");
	*n = fread(text, 1, TEXT + 1, f);
	if (ferror(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static bool in_circle(const struct chain *outer, const struct stat *st)
{
	for (; outer; outer = outer->outer)
		if (outer->dev == st->st_dev && outer->ino == st->st_ino)
			return true;
	return false;
}

static void read_open(struct source *src, FILE *f, const char *file,
    unsigned line, const struct chain *outer, struct report *report)
{
	struct stat st;
	size_t n;

	if (fstat(fileno(f), &st) != 0) {
		report_error(report, line, "cannot read %s: %s", file,
		    strerror(errno));
		return;
	}
	if (in_circle(outer, &st)) {
		report_error(report, line, "%s includes itself", file);
		return;
	}
	char *text = slurp(f, &n);
	if (text == NULL) {
		report_error(report, line, "cannot read %s: %s", file,
		    strerror(errno));
		return;
	}
	struct chain chain = {outer, st.st_dev, st.st_ino,
		outer ? outer->depth + 1 : 0};
	struct cursor c = {.src = src, .report = report, .chain = &chain};
	copy_all(&c, file, text, n, line);
	free(text);
}

static void read_file(struct source *src, const char *file, unsigned line,
    const struct chain *outer, struct report *report)
{
	if (src->nfiles > FILES) {
		if (!src->crowded)
			report_error(report, line,
			    "more than %d files are included", FILES);
		src->crowded = true;
		return;
	}
	FILE *f = fopen(file, "re");
	if (f == NULL) {
		report_error(report, line, "cannot read %s: %s", file,
		    strerror(errno));
		return;
	}
	read_open(src, f, file, line, outer, report);
	fclose(f);
}

bool splice_file(struct source *src, const char *file, struct report *report)
{
	memset(src, 0, sizeof *src);
	read_file(src, file, 0, NULL, report);
	return src->nfiles > 0;
}

void splice_text(struct source *src, const char *name, const char *text,
    size_t n, struct report *report)
{
	struct cursor c = {.src = src, .report = report};

	memset(src, 0, sizeof *src);
	copy_all(&c, name, text, n, 0);
}
