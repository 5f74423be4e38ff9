/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a configuration, its includes in place, and whence each line. */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct source_origin {
	unsigned file; /* index into files */
	unsigned line; /* 0: the file has no lines to speak of */
};

struct source {
	char *text; /* NUL-terminated; NULL: nothing */
	size_t n, room;
	struct source_origin *origins; /* of line i + 1 of text */
	unsigned lines, lines_room;
	char **files;
	unsigned nfiles;
	bool crowded; /* that there are too many has been said */
};

/* Adds a byte to the text, or the origin of the line that begins there.
 * Without memory these end the program. */
void source_put(struct source *src, char c);
void source_add_line(struct source *src, unsigned file, unsigned line);

/* Its index. */
unsigned source_add_file(struct source *src, const char *name);

/* A source without text: line i + 1 is called names[i] in messages. */
void source_name_lines(struct source *src, const char *const *names,
    unsigned n);

/* Prints "FILE:LINE: " of a line of text (0: of the first one). */
void source_print_place(const struct source *src, unsigned line, FILE *to);

/* The file that a line of text is from; "" if there is none. */
const char *source_file(const struct source *src, unsigned line);

void source_fini(struct source *src);

#endif
