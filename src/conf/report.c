/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a configuration, collected and told in its order. */
#include "conf/report.h"

#include <stdlib.h>

#include "conf/source.h"

#define KEPT 500 /* more than anybody reads */

static void add(struct report *r, unsigned line, bool warning,
    const char *fmt, va_list ap)
{
	char *text;

	r->errors += !warning;
	if (r->n == KEPT) {
		r->dropped++;
		return;
	}
	if (r->n == r->room) {
		unsigned room = r->room ? 2 * r->room : 16;
		void *more = realloc(r->at, room * sizeof *r->at);
		if (more == NULL)
			die("out of memory");
		r->at = more;
		r->room = room;
	}
	if (vasprintf(&text, fmt, ap) < 0)
		die("out of memory");
	r->at[r->n] = (struct report_message){line, r->n, warning, text};
	r->n++;
}

void report_verror(struct report *r, unsigned line, const char *fmt,
    va_list ap)
{
	add(r, line, false, fmt, ap);
}

void report_error(struct report *r, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, line, false, fmt, ap);
	va_end(ap);
}

void report_warning(struct report *r, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, line, true, fmt, ap);
	va_end(ap);
}

static int by_line(const void *a, const void *b)
{
	const struct report_message *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

void report_escaped(const char *s, FILE *to)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < 0x20 || c == 0x7f)
			fprintf(to, "\\x%02x", c);
		else
			putc(c, to);
	}
}

void report_print(struct report *r, const struct source *src, FILE *to)
{
	if (r->n)
		qsort(r->at, r->n, sizeof *r->at, by_line);
	for (unsigned i = 0; i < r->n; i++) {
		source_print_place(src, r->at[i].line, to);
		fputs(r->at[i].warning ? "warning: " : "", to);
		report_escaped(r->at[i].text, to);
		putc('\n', to);
	}
	if (r->dropped) {
		source_print_place(src, 0, to);
		fprintf(to, "and %u more like these\n", r->dropped);
	}
}

void report_fini(struct report *r)
{
	for (unsigned i = 0; i < r->n; i++)
		free(r->at[i].text);
	free(r->at);
	*r = (struct report){0};
}
