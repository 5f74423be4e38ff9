/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON (RFC 8259) of texts and records, that may be shown in a terminal. */
#include "ctl/json.h"

#include <inttypes.h>

#include "ctl/utf8.h"

static void put_ascii(FILE *to, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(to, "\\%c", c);
	else if (c == '\t')
		fputs("\\t", to);
	else if (c < 0x20 || c == 0x7f)
		fprintf(to, "\\u%04x", c);
	else
		putc(c, to);
}

void json_text(FILE *to, struct slice text)
{
	putc('"', to);
	while (text.n > 0) {
		size_t n = utf8_first(text);

		if (n == 1)
			put_ascii(to, (unsigned char)text.p[0]);
		else if (n > 1 && utf8_first_plain(text) == 0)
			fprintf(to, "\\u%04x", (unsigned char)text.p[1]);
		else if (n > 1)
			fwrite(text.p, 1, n, to);
		else
			fputs("\\ufffd", to);
		n = n ? n : 1;
		text = slice_make(text.p + n, text.n - n);
	}
	putc('"', to);
}

static void put_plain(FILE *to, int64_t n)
{
	fprintf(to, "%" PRId64, n);
}

static void put_tenths(FILE *to, int64_t n)
{
	uint64_t v = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	fprintf(to, "%s%" PRIu64 ".%u", n < 0 ? "-" : "", v / 10,
	    (unsigned)(v % 10));
}

static void put_truth(FILE *to, int64_t n)
{
	fputs(n ? "true" : "false", to);
}

/* Numbers of the protocol that are something else in JSON. */
static const struct form {
	struct slice key;
	struct slice name;
	void (*put)(FILE *to, int64_t n);
} forms[] = {
#define FORM(key, name, put) {{key, sizeof key - 1}, {name, sizeof name - 1}, \
	put}
	FORM("rate_x10", "rate", put_tenths),
	FORM("backup", "backup", put_truth),
	FORM("added", "added", put_truth),
	FORM("reloading", "reloading", put_truth),
#undef FORM
};

static void put_number(FILE *to, const struct record_field *f)
{
	struct form form = {f->key, f->key, put_plain};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (slice_eq(forms[i].key, f->key))
			form = forms[i];
	json_text(to, form.name);
	putc(':', to);
	form.put(to, f->number);
}

void json_fields(FILE *to, const struct record *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct record_field *f = &r->fields[i];

		if (i > 0)
			putc(',', to);
		if (f->is_number) {
			put_number(to, f);
			continue;
		}
		json_text(to, f->key);
		putc(':', to);
		json_text(to, f->text);
	}
}

void json_lines(FILE *to, const struct answer *a)
{
	const char *comma = "";
	struct record r;

	fputs(",\"lines\":[", to);
	for (unsigned i = 0; a && i < a->nlines; i++) {
		answer_record(a, i, &r);
		if (!record_is(&r, "text"))
			continue;
		fputs(comma, to);
		json_text(to, r.fields[0].text);
		comma = ",";
	}
	fputs("]}\n", to);
}
