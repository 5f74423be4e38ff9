/* SPDX-License-Identifier: BSD-2-Clause */
/* An answer of the master: "ok" or "error", and the lines behind it. */
#include "ctl/answer.h"

#include <stdlib.h>

#include "base/log.h"
#include "ctl/ctl.h"

bool answer_is_whole(const char *bytes, size_t n)
{
	struct slice s = {bytes, n};

	return slice_ends(s, SLICE("\nend\n"));
}

static bool parse_verdict(struct answer *a, struct slice line)
{
	struct slice word = slice_cut(&line, ' ');

	a->ok = slice_eq(word, SLICE("ok"));
	if (a->ok)
		return line.p == NULL;
	if (!slice_eq(word, SLICE("error")) || line.p == NULL)
		return false;
	a->code = slice_cut(&line, ' ');
	a->text = line.p ? line : SLICE("");
	return a->code.n > 0;
}

static bool count_lines(const char *p, size_t n, unsigned *lines)
{
	*lines = 0;
	for (const char *end = p + n; p < end; p++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (newline == NULL || newline - p >= CTL_LINE_MAX)
			return false;
		p = newline;
		if (++*lines > CTL_LINES_MOST)
			return false;
	}
	return true;
}

static const char *parse_lines(struct answer *a, struct slice rest)
{
	static struct record tried;

	for (;;) {
		struct slice line = slice_cut(&rest, '\n');

		if (rest.p == NULL)
			return "it is cut";
		if (slice_eq(line, SLICE("end")))
			break;
		if (!record_parse(line, &tried))
			return "a line of it is no record";
		a->lines[a->nlines++] = line;
	}
	return rest.n ? "it goes on behind its end" : NULL;
}

const char *answer_parse(struct answer *a, char *bytes, size_t n)
{
	struct slice rest = {bytes, n}, first;
	unsigned lines;

	memset(a, 0, sizeof *a);
	a->bytes = bytes;
	a->n = n;
	if (n == 0)
		return "it is empty";
	if (!answer_is_whole(bytes, n))
		return "it is cut";
	if (!count_lines(bytes, n, &lines))
		return "it is too long, or a line of it is";
	a->lines = calloc(lines, sizeof *a->lines);
	if (a->lines == NULL)
		die("out of memory");
	first = slice_cut(&rest, '\n');
	if (!parse_verdict(a, first))
		return "it begins with neither ok nor error";
	return parse_lines(a, rest);
}

void answer_fini(struct answer *a)
{
	free(a->lines);
	free(a->bytes);
	memset(a, 0, sizeof *a);
}

void answer_record(const struct answer *a, unsigned i, struct record *to)
{
	MUST(i < a->nlines && record_parse(a->lines[i], to));
}
