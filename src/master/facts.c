/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of certificates: what the check of them has told the master. */
#include "master/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "roles.h"

#define FIELDS 6

/* The next field, with its end made a NUL. */
static char *cut(char **rest, char end)
{
	char *field = *rest, *at = strchr(field, end);

	if (at == NULL) {
		*rest = field + strlen(field);
		return field;
	}
	*at = '\0';
	*rest = at + 1;
	return field;
}

static bool read_seconds(const char *text, int64_t *to)
{
	char *end;

	*to = strtoll(text, &end, 10);
	return end != text && *end == '\0';
}

static bool read_line(char *line, struct fact *to)
{
	char *field[FIELDS];

	if (strlen(line) >= FACTS_LINE)
		return false;
	for (int i = 0; i < FIELDS; i++) {
		if (i > 0 && *line == '\0' && i < FIELDS - 1)
			return false;
		field[i] = cut(&line, '\t');
	}
	*to = (struct fact){field[1], field[2], field[3], field[5], 0};
	return *line == '\0' && strcmp(field[0], "certificate") == 0
	    && read_seconds(field[4], &to->ends);
}

static unsigned count(const char *p, size_t n)
{
	unsigned lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

struct facts facts_read(const char *p, size_t n)
{
	struct facts f = {.text = malloc(n + 1),
	    .at = calloc(count(p, n), sizeof *f.at)};

	if (f.text == NULL || f.at == NULL) {
		facts_free(&f);
		return f;
	}
	if (n)
		memcpy(f.text, p, n);
	f.text[n] = '\0';
	for (char *rest = f.text; *rest;)
		if (read_line(cut(&rest, '\n'), &f.at[f.n]))
			f.n++;
	return f;
}

void facts_free(struct facts *f)
{
	free(f->text);
	free(f->at);
	*f = (struct facts){0};
}

void facts_report(const struct facts *f, struct reply *r)
{
	for (unsigned i = 0; i < f->n; i++) {
		const struct fact *c = &f->at[i];
		reply_record(r, "certificate");
		reply_text(r, "of", c->of);
		reply_text(r, "path", c->path);
		reply_text(r, "key", c->key);
		reply_number(r, "ends", c->ends < 0 ? 0 : (uint64_t)c->ends);
		reply_text(r, "names", c->names);
		reply_close(r);
	}
}

void facts_warn(const struct facts *f, int64_t now)
{
	for (unsigned i = 0; i < f->n; i++) {
		const struct fact *c = &f->at[i];
		if (c->ends <= now)
			log_warn("certificate %s of \"%s\" has ended", c->path,
			    c->of);
		else if (c->ends - now < FACTS_SOON)
			log_warn("certificate %s of \"%s\" ends in %d days",
			    c->path, c->of, (int)((c->ends - now) / 86400));
	}
}
