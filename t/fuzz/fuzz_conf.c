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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static FILE *nowhere;
	static const struct conf_options options = {.foreground = true};

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "we");
	MUST(nowhere != NULL);
	struct conf *conf = load_from_text("fuzz", (const char *)bytes, n,
	    &options, nowhere);
	if (conf)
		dump_and_load(conf, nowhere);
	conf_free(conf);
	return 0;
}
