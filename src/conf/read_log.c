/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of the keys of logs. */
#include <syslog.h>

#include "conf/facility.h"
#include "conf/read.h"
#include "conf/suggest.h"

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
	static const struct read_word words[] = {
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
	static const struct read_word words[] = {{"combined", 0}, {NULL, 0}};

	read_word(l, at, words, 0);
}

void read_access(struct load *l, const struct spot *at)
{
	if (spot_is_false(at))
		return;
	if (spot_is_group(at)) {
		read_group(l, at);
		l->conf->naccess_logs = 1;
		l->conf->access_logs[0].sample = 1000000;
	} else {
		spot_bad(l, at, "must be a group, access_log = { to = "
		    "\"FILE\"; };, or false");
	}
}
