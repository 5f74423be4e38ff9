/* SPDX-License-Identifier: BSD-2-Clause */
/* One key in the file: its text, its list, and what is wrong with it. */
#ifndef CONF_SPOT_H
#define CONF_SPOT_H

#include "conf/load.h"

/* A key that is being read: where it stands and where its value goes. */
struct spot {
	const struct keyword *key;
	config_setting_t *setting; /* NULL: a group that is not in the file */
	const char *title;         /* of its group: "pool \"app\""; or NULL */
	void *base;                /* struct that the group describes */
};

/* Where the key's value goes. */
void *spot_target(const struct spot *at);

/* Reports an error: KEY in TITLE, and what is wrong with it. */
void spot_bad(struct load *l, const struct spot *at, const char *fmt, ...)
    LOG_LIKE(3, 4);
void spot_warn(struct load *l, const struct spot *at, const char *fmt, ...)
    LOG_LIKE(3, 4);

/* Reads named groups (listeners, pools, sites) into an array of *n structs
 * of a size; NULL if there is none. begin is told name and index of each. */
void *spot_members(struct load *l, const struct spot *at, const char *noun,
    size_t size, unsigned *n,
    void (*begin)(void *object, const char *name, unsigned index));

/* A scalar, or a group, stands for a list of itself. Counts items; if there
 * are more than the key allows, reports that and returns 0. */
unsigned spot_count(struct load *l, const struct spot *at);
struct spot spot_item(const struct spot *at, unsigned i);

/* It is a list that has nothing in it. */
bool spot_is_empty(const struct spot *at);

/* How many members a group has; as spot_count if there are too many. */
unsigned spot_length(struct load *l, const struct spot *at);

/* A key of the group that stands at the spot, in the file; title and base
 * are of that group. */
struct spot spot_member(const struct spot *at, const char *title, void *base,
    const char *name);

bool spot_is_group(const struct spot *at);
bool spot_is_text(const struct spot *at);
bool spot_is_false(const struct spot *at);

/* The string at the spot, variables put in, on conf's heap; NULL if it is
 * no string (reported). spot_text also refuses control bytes. */
char *spot_bytes(struct load *l, const struct spot *at);
char *spot_text(struct load *l, const struct spot *at);

/* A list of strings; check returns NULL or what is wrong with one. */
struct conf_list spot_list(struct load *l, const struct spot *at,
    const char *(*check)(struct slice text));

/* A whole number; false if it is none (reported). */
bool spot_number(struct load *l, const struct spot *at, long long *out);

#endif
