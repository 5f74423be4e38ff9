/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of the keys of logs. */
#include "conf/dump.h"
#include "conf/facility.h"

void write_log(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_log *log = dump_source(k, base);
	char text[64];

	if (log->kind == CONF_LOG_FILE) {
		dump_text(d, k->name, slice_str(log->path));
	} else if (log->kind == CONF_LOG_SYSLOG) {
		snprintf(text, sizeof text, "syslog:%s",
		    facility_name(log->facility));
		dump_text(d, k->name, slice_str(text));
	} else {
		dump_text(d, k->name, SLICE("stderr"));
	}
}

void write_level(struct dump *d, const struct keyword *k, const void *base)
{
	const enum log_level *level = dump_source(k, base);

	dump_text(d, k->name, slice_str(log_level_name(*level)));
}

void write_format(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_access_log *log = base;

	dump_text(d, k->name, log->format == FORMAT_CUSTOM
	    ? log->custom.source : log->format == FORMAT_JSON
	    ? SLICE("json") : SLICE("combined"));
}

void write_only(struct dump *d, const struct keyword *k, const void *base)
{
	const bool *errors = dump_source(k, base);

	if (*errors)
		dump_text(d, k->name, SLICE("errors"));
}

void write_access(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf *conf = base;

	if (conf->naccess_logs)
		dump_list(d, k, conf->access_logs, conf->naccess_logs,
		    sizeof conf->access_logs[0]);
	else
		dump_false(d, k);
}
