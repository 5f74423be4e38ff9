/* SPDX-License-Identifier: BSD-2-Clause */
/* The pieces that writers of keys share. */
#ifndef CONF_DUMP_H
#define CONF_DUMP_H

#include "conf/conf.h"
#include "conf/keyword.h"

struct dump {
	FILE *to;
	const struct conf *conf;
	unsigned depth; /* of groups that are open */
};

typedef void dump_writer(struct dump *d, const struct keyword *k,
    const void *base);

/* Each writes one type of key: the mirror of the readers in read.h. */
#define TYPE(id, function, name) dump_writer write_##function;
KEYWORD_TYPES
#undef TYPE

/* Where the key's value is. */
const void *dump_source(const struct keyword *k, const void *base);

/* All keys of a group, a line each, indented. */
void dump_group(struct dump *d, const char *path, const void *base);

/* "NAME = " and "};" with the depth that belongs to it. */
void dump_indent(struct dump *d);
void dump_open(struct dump *d, const char *name);
void dump_close(struct dump *d);

/* A string in quotes, that libconfig reads as the same bytes. */
void dump_quoted(struct dump *d, struct slice text);

/* One line: NAME = "text"; */
void dump_text(struct dump *d, const char *name, struct slice text);

#endif
