/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a configuration, its includes in place, and whence each line. */
#include "conf/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *grown(void *p, size_t n, size_t size)
{
	void *more = reallocarray(p, n, size);

	if (more == NULL)
		die("out of memory");
	return more;
}

void source_put(struct source *src, char c)
{
	if (src->n + 1 >= src->room) {
		src->room = src->room ? 2 * src->room : 4096;
		src->text = grown(src->text, src->room, 1);
	}
	src->text[src->n++] = c;
	src->text[src->n] = '\0';
}

void source_add_line(struct source *src, unsigned file, unsigned line)
{
	if (src->lines == src->lines_room) {
		src->lines_room = src->lines_room ? 2 * src->lines_room : 256;
		src->origins = grown(src->origins, src->lines_room,
		    sizeof *src->origins);
	}
	src->origins[src->lines++] = (struct source_origin){file, line};
}

unsigned source_add_file(struct source *src, const char *name)
{
	char *copy = strdup(name);

	if (copy == NULL)
		die("out of memory");
	src->files = grown(src->files, src->nfiles + 1, sizeof *src->files);
	src->files[src->nfiles] = copy;
	return src->nfiles++;
}

void source_name_lines(struct source *src, const char *const *names,
    unsigned n)
{
	memset(src, 0, sizeof *src);
	for (unsigned i = 0; i < n; i++)
		source_add_line(src, source_add_file(src, names[i]), 0);
}

void source_print_place(const struct source *src, unsigned line, FILE *to)
{
	if (src->lines == 0)
		return;
	if (line == 0 || line > src->lines)
		line = line ? src->lines : 1;
	const struct source_origin *from = &src->origins[line - 1];
	fprintf(to, "%s:", src->files[from->file]);
	if (from->line)
		fprintf(to, "%u:", from->line);
	putc(' ', to);
}

const char *source_file(const struct source *src, unsigned line)
{
	if (line == 0 || line > src->lines)
		return "";
	return src->files[src->origins[line - 1].file];
}

void source_fini(struct source *src)
{
	for (unsigned i = 0; i < src->nfiles; i++)
		free(src->files[i]);
	free(src->files);
	free(src->origins);
	free(src->text);
	memset(src, 0, sizeof *src);
}
