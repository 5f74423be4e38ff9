/* SPDX-License-Identifier: BSD-2-Clause */
/* Quick mode: a configuration from -l and -b. */
#include "conf/quick.h"

#include "conf/load.h"

enum { LINE_LISTEN = 1, LINE_BACKEND = 2 };

static config_setting_t *add(config_setting_t *parent, const char *name,
    int type, unsigned line)
{
	config_setting_t *s = config_setting_add(parent, name, type);

	if (s == NULL)
		die("out of memory");
	s->line = line;
	return s;
}

static void add_text(config_setting_t *parent, const char *name,
    const char *text, unsigned line)
{
	config_setting_t *s = add(parent, name, CONFIG_TYPE_STRING, line);

	if (!config_setting_set_string(s, text))
		die("out of memory");
}

static config_setting_t *add_member(config_setting_t *root, const char *name,
    unsigned line)
{
	config_setting_t *s = add(root, name, CONFIG_TYPE_GROUP, line);

	return add(s, "quick", CONFIG_TYPE_GROUP, line);
}

void quick_build(struct load *l)
{
	static const char *const names[] = {"-l", "-b"};
	config_setting_t *root = config_root_setting(&l->file);
	const char *const *b = l->options->backends;
	config_setting_t *s;

	source_name_lines(&l->source, names, 2);
	if (l->options->listen) {
		s = add_member(root, "listeners", LINE_LISTEN);
		add_text(s, "address", l->options->listen, LINE_LISTEN);
	}
	if (b && *b) {
		s = add_member(root, "pools", LINE_BACKEND);
		s = add(s, "backends", CONFIG_TYPE_LIST, LINE_BACKEND);
		for (; *b; b++)
			add_text(s, NULL, *b, LINE_BACKEND);
	} else {
		report_error(&l->report, LINE_LISTEN, "a listener alone has "
		    "nowhere to send requests; give a backend by -b");
	}
}
