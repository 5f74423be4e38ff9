/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading files into a source: what @include names is put in its place. */
#ifndef CONF_SPLICE_H
#define CONF_SPLICE_H

#include <stdbool.h>
#include <stddef.h>

struct report;
struct source;

/* Reads the file and, where @include says so, others; comments are left
 * out. What is wrong goes to the report under its line in text; false if
 * nothing could be read. May block. In both cases for source_fini. */
bool splice_file(struct source *src, const char *file, struct report *report);

/* The same for text in memory, where @include is an error. */
void splice_text(struct source *src, const char *name, const char *text,
    size_t n, struct report *report);

#endif
