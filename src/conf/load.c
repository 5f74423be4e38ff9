/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading: from text to the object, by the table of keywords. */
#include "conf/load.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/heap.h"
#include "conf/quick.h"
#include "conf/read.h"
#include "conf/splice.h"
#include "conf/suggest.h"
#include "conf/syntax.h"
#include "conf/verify.h"

struct load_mark {
	const void *object;
	unsigned line;
};

typedef void reader(struct load *l, const struct spot *at);

static reader *const readers[] = {
#define TYPE(id, function, name) [KEY_##id] = read_##function,
	KEYWORD_TYPES
#undef TYPE
};

void load_mark_line(struct load *l, const void *object, unsigned line)
{
	if (l->nmarks == l->marks_room) {
		l->marks_room = l->marks_room ? 2 * l->marks_room : 64;
		l->marks = reallocarray(l->marks, l->marks_room,
		    sizeof *l->marks);
		if (l->marks == NULL)
			die("out of memory");
	}
	l->marks[l->nmarks++] = (struct load_mark){object, line};
}

void load_mark(struct load *l, const void *object, config_setting_t *where)
{
	load_mark_line(l, object, config_setting_source_line(where));
}

unsigned load_line(const struct load *l, const void *object)
{
	for (unsigned i = 0; i < l->nmarks; i++)
		if (l->marks[i].object == object)
			return l->marks[i].line;
	return 0;
}

/* Of the one cache that all routes share. */
static bool is_of_area(const char *path, const char *name)
{
	size_t n = strlen(path);

	return n > 6 && strcmp(path + n - 6, ".cache") == 0
	    && (strcmp(name, "size") == 0 || strcmp(name, "file") == 0);
}

static void refuse_key(struct load *l, const char *path,
    config_setting_t *s, const char *title)
{
	const char *name = config_setting_name(s);
	struct suggest near;

	if (is_of_area(path, name)) {
		report_error(&l->report, config_setting_source_line(s),
		    "\"%s\" in %s: there is one cache for all routes; its "
		    "%s stands in the group \"cache\" outside of the sites",
		    name, title, name);
		return;
	}
	suggest_init(&near, name);
	for (unsigned i = 0; i < keyword_count; i++)
		if (strcmp(keyword_table[i].group, path) == 0)
			suggest_offer(&near, keyword_table[i].name);
	report_error(&l->report, config_setting_source_line(s),
	    "unknown key \"%s\"%s%s%s", name, title ? " in " : "",
	    title ? title : "", suggest_tail(&near));
}

static config_setting_t *find_default(struct load *l,
    const struct keyword *k)
{
	char name[16];

	snprintf(name, sizeof name, "k%u", (unsigned)(k - keyword_table));
	return config_lookup(&l->defaults, name);
}

static void read_key(struct load *l, const struct keyword *k,
    config_setting_t *group, const char *title, void *base)
{
	struct spot at = {k, NULL, title, base};

	if (group)
		at.setting = config_setting_get_member(group, k->name);
	if (at.setting == NULL)
		at.setting = find_default(l, k);
	if (at.setting || k->type == KEY_GROUP || k->type == KEY_PASSIVE
	    || k->type == KEY_CACHE_AREA)
		readers[k->type](l, &at);
	else if (keyword_is_required(k) && group)
		report_error(&l->report, config_setting_source_line(group),
		    "%s needs \"%s\": %s", title ? title
		    : "the configuration", k->name, k->doc);
}

void load_group(struct load *l, const char *path, config_setting_t *group,
    const char *title, void *base)
{
	int n = group ? config_setting_length(group) : 0;

	for (int i = 0; i < n; i++) {
		config_setting_t *s = config_setting_get_elem(group,
		    (unsigned)i);
		if (keyword_find(path, config_setting_name(s)) == NULL)
			refuse_key(l, path, s, title);
	}
	for (unsigned i = 0; i < keyword_count; i++)
		if (strcmp(keyword_table[i].group, path) == 0)
			read_key(l, &keyword_table[i], group, title, base);
}

/* Defaults are text in the table, as users write them: one parser reads
 * both, and what the man page shows is what is taken. */
static void parse_defaults(struct load *l)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		die("out of memory");
	for (unsigned i = 0; i < keyword_count; i++)
		if (!keyword_is_prose(&keyword_table[i]))
			fprintf(f, "k%u = %s;\n", i,
			    keyword_table[i].fallback);
	if (fclose(f) != 0)
		die("out of memory");
	MUST(config_read_string(&l->defaults, text) == CONFIG_TRUE);
	free(text);
}

static void parse(struct load *l)
{
	const char *text = l->source.text ? l->source.text : "";

	if (config_read_string(&l->file, text) == CONFIG_TRUE)
		load_group(l, "", config_root_setting(&l->file), NULL,
		    l->conf);
	else
		syntax_report(l, text);
}

static void begin(struct load *l, const struct conf_options *options)
{
	static const struct conf_options none;

	memset(l, 0, sizeof *l);
	l->options = options ? options : &none;
	l->conf = heap_new_conf();
	config_init(&l->file);
	config_init(&l->defaults);
	parse_defaults(l);
}

static struct conf *finish(struct load *l, FILE *to)
{
	struct conf *conf = l->conf;

	if (config_error_type(&l->file) == CONFIG_ERR_NONE
	    && l->source.nfiles)
		verify(l);
	report_print(&l->report, &l->source, to);
	if (l->report.errors) {
		conf_free(conf);
		conf = NULL;
	}
	free(l->marks);
	config_destroy(&l->file);
	config_destroy(&l->defaults);
	report_fini(&l->report);
	source_fini(&l->source);
	return conf;
}

/* A master has "/" for its folder when it reads the file again. */
const char *load_absolute(struct conf *conf, const char *file)
{
	char *cwd = file[0] == '/' ? NULL : getcwd(NULL, 0);
	const char *name = cwd ? heap_printf(conf, "%s/%s", cwd, file)
	    : heap_copy(conf, slice_str(file));

	free(cwd);
	return name;
}

struct conf *conf_load(const char *file, const struct conf_options *options,
    FILE *to)
{
	struct load l;

	begin(&l, options);
	if (l.options->listen || l.options->backends) {
		quick_build(&l);
		load_group(&l, "", config_root_setting(&l.file), NULL,
		    l.conf);
	} else {
		l.conf->file = load_absolute(l.conf, file);
		if (splice_file(&l.source, file, &l.report))
			parse(&l);
	}
	return finish(&l, to);
}

struct conf *load_from_text(const char *name, const char *text, size_t n,
    const struct conf_options *options, FILE *to)
{
	struct load l;

	begin(&l, options);
	splice_text(&l.source, name, text, n, &l.report);
	if (l.source.nfiles)
		parse(&l);
	return finish(&l, to);
}

void conf_free(struct conf *conf)
{
	if (conf)
		heap_free_conf(conf);
}
