/* SPDX-License-Identifier: BSD-2-Clause */
/* The workbench of loading: what readers of keys and verify share. */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include <libconfig.h>

#include "conf/conf.h"
#include "conf/keyword.h"
#include "conf/report.h"
#include "conf/source.h"

struct load_mark;

struct load {
	struct conf *conf;
	const struct conf_options *options;
	struct source source;
	struct report report;
	config_t file;
	config_t defaults;       /* of all keys, read by the same readers */
	struct load_mark *marks; /* where objects stand, for verify */
	unsigned nmarks, marks_room;
	unsigned actions;        /* of the route that is being read */
};

/* Reads the keys of a group (path as in keywords.def) into base: the file's,
 * else the default. group may be NULL: all defaults. */
void load_group(struct load *l, const char *path, config_setting_t *group,
    const char *title, void *base);

/* Notes where the object stands; the line is 0 if it was never noted. */
void load_mark(struct load *l, const void *object, config_setting_t *where);
void load_mark_line(struct load *l, const void *object, unsigned line);
unsigned load_line(const struct load *l, const void *object);

/* The name of a file, made absolute by the current folder; on conf's heap. */
const char *load_absolute(struct conf *conf, const char *file);

/* As conf_load, of text in memory, without includes. */
struct conf *load_from_text(const char *name, const char *text, size_t n,
    const struct conf_options *options, FILE *to);

#endif
