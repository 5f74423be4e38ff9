/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes for a configuration: refused in words, or loaded and dumped. */
/* links: conf base */
#include <stdlib.h>

#include "base/log.h"
#include "conf/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the strings at which it stops. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

/* What has been loaded must load again from its dump. */
static void dump_and_load(const struct conf *conf, FILE *nowhere)
{
	static const struct conf_options options = {.foreground = true};
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	MUST(to != NULL);
	conf_dump(conf, to);
	fclose(to);
	struct conf *again = load_from_text("dump", text, n, &options,
	    nowhere);
	MUST(again != NULL);
	conf_free(again);
	free(text);
}

/* Changes at run time do not make an error of what was none. */
static void change(const char *bytes, size_t n, FILE *nowhere)
{
	static const struct conf_change list[] = {
		{CHANGE_ADD, "app", "x", "x.internal", 5, 3, true},
		{CHANGE_REMOVE, "app", "app1"},
		{CHANGE_REMOVE, "a", "10.0.0.1:80"},
		{CHANGE_ADD, "app", "${y}", "[::1]", 300, 0, false},
		{CHANGE_REMOVE, "app", "x"},
		{CHANGE_ADD, "a", "unix:/a", "unix:/a", 0, 0, false},
		{CHANGE_ADD, "app", "x", "10.0.0.1", 1, 0, false},
	};
	static const struct conf_changes changes = {list,
		sizeof list / sizeof list[0], 3, 0};
	static const struct conf_options options = {.foreground = true,
		.changes = &changes};
	struct conf *conf = load_from_text("changed", bytes, n, &options,
	    nowhere);

	MUST(conf != NULL);
	dump_and_load(conf, nowhere);
	conf_free(conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static FILE *nowhere;
	static const struct conf_options options = {.foreground = true};

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "we");
	MUST(nowhere != NULL);
	struct conf *conf = load_from_text("fuzz", (const char *)bytes, n,
	    &options, nowhere);
	if (conf) {
		dump_and_load(conf, nowhere);
		change((const char *)bytes, n, nowhere);
	}
	conf_free(conf);
	return 0;
}
