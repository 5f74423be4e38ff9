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
	const struct conf_policy *site; /* of the route's; NULL: no route */
};

typedef void dump_writer(struct dump *d, const struct keyword *k,
    const void *base);

/* Each writes one type of key: the mirror of the readers in read.h. */
#define TYPE(id, function, name) dump_writer write_##function;
KEYWORD_TYPES
#undef TYPE

/* Where the key's value is. */
const void *dump_source(const struct keyword *k, const void *base);

/* All keys of a group, a line each, indented; but not those of a route that
 * are as its site has them. */
void dump_group(struct dump *d, const char *path, const void *base);

/* Whether that holds for a key of a route's policy. */
bool dump_is_inherited(const struct dump *d, const struct keyword *k,
    const void *base);

/* The group that the key opens, its keys read from base. */
void dump_members(struct dump *d, const struct keyword *k, const void *base);

/* A list of n groups of the key, of structs of a size. */
void dump_list(struct dump *d, const struct keyword *k, const void *at,
    unsigned n, size_t size);

/* The same, an item at a time; n is how many there are. */
void dump_open_list(struct dump *d, const struct keyword *k, unsigned n);
void dump_item(struct dump *d, const struct keyword *k, const void *item,
    bool last);
void dump_close_list(struct dump *d, unsigned n);

/* NAME = false; */
void dump_false(struct dump *d, const struct keyword *k);

/* "NAME = " and "};" with the depth that belongs to it. */
void dump_indent(struct dump *d);
void dump_open(struct dump *d, const char *name);
void dump_close(struct dump *d);

/* A string in quotes, that libconfig reads as the same bytes. */
void dump_quoted(struct dump *d, struct slice text);

/* One line: NAME = [ "a", "b" ]; */
void dump_texts(struct dump *d, const char *name,
    const struct conf_list *list);

/* A line for each: NAME = "REGEX"; */
void dump_conditions(struct dump *d, const struct conf_named_regexes *list);

/* One line: NAME = "text"; */
void dump_text(struct dump *d, const char *name, struct slice text);

#endif
