/* SPDX-License-Identifier: BSD-2-Clause */
/* Writers of what pools check and keep: health, passive, sticky. */
#include "conf/dump.h"

void write_health(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;

	if (pool->health.on)
		dump_members(d, k, base);
	else
		dump_false(d, k);
}

void write_passive(struct dump *d, const struct keyword *k, const void *base)
{
	dump_members(d, k, base);
}

void write_sticky(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;

	if (pool->sticky.cookie.n)
		dump_members(d, k, base);
	else
		dump_false(d, k);
}

/* A slice that may be none. */
static void write_slice(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct slice *s = dump_source(k, base);

	if (s->n)
		dump_text(d, k->name, *s);
}

void write_cookie(struct dump *d, const struct keyword *k, const void *base)
{
	write_slice(d, k, base);
}

void write_secret(struct dump *d, const struct keyword *k, const void *base)
{
	write_slice(d, k, base);
}

void write_check_path(struct dump *d, const struct keyword *k,
    const void *base)
{
	write_slice(d, k, base);
}

void write_check_host(struct dump *d, const struct keyword *k,
    const void *base)
{
	write_slice(d, k, base);
}

void write_method(struct dump *d, const struct keyword *k, const void *base)
{
	write_slice(d, k, base);
}

void write_status_set(struct dump *d, const struct keyword *k,
    const void *base)
{
	const struct conf_statuses *set = dump_source(k, base);
	bool first = true;

	dump_indent(d);
	fprintf(d->to, "%s = [", k->name);
	for (unsigned low = 0, high; low < 600; low = high + 1) {
		high = low;
		if (!conf_has_status(set, low))
			continue;
		while (conf_has_status(set, high + 1))
			high++;
		fprintf(d->to, "%s\"%u", first ? " " : ", ", low);
		if (high > low)
			fprintf(d->to, "-%u", high);
		putc('"', d->to);
		first = false;
	}
	fputs(" ];\n", d->to);
}

void write_body_re(struct dump *d, const struct keyword *k, const void *base)
{
	const struct conf_pool *pool = base;
	const char *text = pool->health.body_re.text;

	if (text == NULL)
		return;
	dump_indent(d);
	fprintf(d->to, "%s = ", k->name);
	/* Behind "!" all that follows is as it was. */
	dump_quoted(d, slice_make(text - pool->health.body_not,
	    strlen(text) + pool->health.body_not));
	fputs(";\n", d->to);
}
