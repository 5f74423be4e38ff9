/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of logs. */
#include <syslog.h>

#include "conf/facility.h"
#include "conf/heap.h"
#include "conf/read.h"
#include "conf/suggest.h"
#include "conf/template.h"

static void read_syslog(struct load *l, const struct spot *at,
    const char *name, struct conf_log *to)
{
	struct suggest near;

	to->kind = CONF_LOG_SYSLOG;
	to->facility = LOG_DAEMON;
	suggest_init(&near, name);
	for (const struct facility *f = facility_table; f->name; f++) {
		if (strcmp(f->name, name) == 0) {
			to->facility = f->code;
			return;
		}
		suggest_offer(&near, f->name);
	}
	spot_bad(l, at, "knows no syslog facility \"%s\"%s", name,
	    suggest_tail(&near));
}

void read_log(struct load *l, const struct spot *at)
{
	struct conf_log *to = spot_target(at);
	const char *text = spot_text(l, at);

	if (text == NULL) {
		to->kind = CONF_LOG_STDERR;
	} else if (strcmp(text, "stderr") == 0) {
		to->kind = CONF_LOG_STDERR;
	} else if (slice_starts(slice_str(text), SLICE("syslog:"))) {
		read_syslog(l, at, text + 7, to);
	} else {
		to->kind = CONF_LOG_FILE;
		to->path = text;
		if (*text != '/')
			spot_bad(l, at, "is \"%s\"; right is \"stderr\", an "
			    "absolute path, or \"syslog:daemon\"", text);
	}
}

void read_level(struct load *l, const struct spot *at)
{
	static const struct word words[] = {
		{"error", LOG_LEVEL_ERR},
		{"warn", LOG_LEVEL_WARN},
		{"info", LOG_LEVEL_INFO},
		{"debug", LOG_LEVEL_DEBUG},
		{NULL, 0},
	};

	*(enum log_level *)spot_target(at) = (enum log_level)read_word(l, at,
	    words, LOG_LEVEL_INFO);
}

void read_format(struct load *l, const struct spot *at)
{
	static const struct word words[] = {
		{"combined", FORMAT_COMBINED},
		{"json", FORMAT_JSON},
		{NULL, 0},
	};
	struct conf_access_log *log = at->base;
	const char *text = spot_text(l, at);

	if (text == NULL)
		return;
	if (!strchr(text, '{')) {
		log->format = (enum conf_format)read_word(l, at, words,
		    FORMAT_COMBINED);
		return;
	}
	log->format = FORMAT_CUSTOM;
	template_compile(l, at, template_fields, &log->custom);
}

void read_only(struct load *l, const struct spot *at)
{
	static const struct word words[] = {{"errors", 1}, {NULL, 0}};

	*(bool *)spot_target(at) = read_word(l, at, words, 1);
}

static void read_access_log(struct load *l, const struct spot *item,
    const char *title, struct conf_access_log *log)
{
	char path[KEYWORD_PATH];

	log->custom.source = SLICE("");
	if (!spot_is_group(item)) {
		spot_bad(l, item, "must be a group, access_log = { to = "
		    "\"FILE\"; };, or a list of such, or false");
		return;
	}
	keyword_path(item->key, "", path);
	load_group(l, path, item->setting, title, log);
}

void read_access(struct load *l, const struct spot *at)
{
	struct conf *conf = l->conf;

	if (spot_is_false(at))
		return;
	conf->naccess_logs = spot_count(l, at);
	for (unsigned i = 0; i < conf->naccess_logs; i++) {
		struct spot item = spot_item(at, i);
		read_access_log(l, &item, conf->naccess_logs > 1
		    ? heap_printf(conf, "access_log %u", i + 1)
		    : "access_log", &conf->access_logs[i]);
	}
}
