/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of a master lie in their bounds, and are fit for a terminal. */
/* links: ctl conf base */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "ctl/json.h"
#include "ctl/look.h"
#include "ctl/picture.h"
#include "ctl/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool lies_in(const struct answer *a, struct slice s)
{
	return s.n == 0
	    || (s.p >= a->bytes && s.p + s.n <= a->bytes + a->n);
}

static void check_records(const struct answer *a)
{
	struct record r;

	for (unsigned i = 0; i < a->nlines; i++) {
		MUST(lies_in(a, a->lines[i]));
		answer_record(a, i, &r);
		MUST(r.kind.n > 0 && lies_in(a, r.kind));
		MUST(r.n <= RECORD_FIELDS);
		for (unsigned j = 0; j < r.n; j++) {
			MUST(lies_in(a, r.fields[j].key));
			MUST(lies_in(a, r.fields[j].text));
		}
	}
}

/* Nothing but lawful characters, and lines. */
static void check_plain(struct slice text)
{
	while (text.n > 0) {
		size_t n = text.p[0] == '\n' ? 1 : utf8_first_plain(text);

		MUST(n > 0);
		text = slice_make(text.p + n, text.n - n);
	}
}

static void check_picture(const struct look *l, unsigned rows)
{
	const struct picture p = {.now = l, .before = l, .rows = rows,
		.columns = 3 * rows, .keys = rows > 0, .wrong = ""};
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	MUST(f);
	picture_print(&p, f);
	fclose(f);
	check_plain(slice_make(text, n));
	if (rows >= 8)
		for (size_t i = 0; i < n; i++)
			rows -= text[i] == '\n';
	MUST(rows < 1000);
	free(text);
}

static void check_backends(const struct status *s)
{
	for (unsigned i = 0; i < s->npools; i++)
		for (unsigned j = 0; j < s->pools[i].n; j++) {
			const struct status_backend *b =
			    &s->pools[i].backends[j];
			MUST(slice_eq(b->pool, s->pools[i].name));
			MUST(b->in_flight >= 0
			    && b->in_flight <= STATUS_MOST);
			MUST(status_errors(b) >= 0);
		}
}

static void check_json(const struct answer *a)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	struct record r;

	MUST(f);
	for (unsigned i = 0; i < a->nlines; i++) {
		answer_record(a, i, &r);
		json_fields(f, &r);
	}
	fclose(f);
	check_plain(slice_make(text, n));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct answer answer;
	struct look look;
	char *copy = malloc(n + 1);

	MUST(copy);
	if (n)
		memcpy(copy, bytes, n);
	if (answer_parse(&answer, copy, n) == NULL) {
		check_records(&answer);
		check_json(&answer);
		look_take(&look, &answer);
		check_backends(&look.status);
		check_picture(&look, 0);
		check_picture(&look, 10);
		look_fini(&look);
	} else {
		answer_fini(&answer);
	}
	return 0;
}
