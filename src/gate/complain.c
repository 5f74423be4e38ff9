/* SPDX-License-Identifier: BSD-2-Clause */
/* Saying what is wrong with files that the configuration names. */
#include "gate/complain.h"

#include <stdarg.h>
#include <stdlib.h>

#include "conf/report.h"

#define SAID_MOST 100

static void say(struct complaints *c, const char *word, const char *path,
    const char *fmt, va_list ap)
{
	char *text;

	if (c->said++ >= SAID_MOST) {
		if (c->said == SAID_MOST + 1)
			fprintf(c->to, "%s: and more like these\n", c->where);
		return;
	}
	if (vasprintf(&text, fmt, ap) < 0)
		die("out of memory");
	const char *parts[] = {c->where, word, c->title, path, text};
	for (unsigned i = 0; i < 5; i++) {
		if (parts[i])
			report_escaped(parts[i], c->to);
		if (parts[i] && parts[i] != word && parts[i] != text)
			fputs(": ", c->to);
	}
	putc('\n', c->to);
	free(text);
}

void complain(struct complaints *c, const char *path, const char *fmt, ...)
{
	va_list ap;

	c->errors++;
	va_start(ap, fmt);
	say(c, "", path, fmt, ap);
	va_end(ap);
}

void complain_mildly(struct complaints *c, const char *path,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, "warning: ", path, fmt, ap);
	va_end(ap);
}
