/* SPDX-License-Identifier: BSD-2-Clause */
/* "cache warm": the URLs of a file, some at a time. */
#include "ctl/warm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/show.h"

#define URLS 16      /* of one command */
#define NAME "cache warm"

struct warm {
	const struct args *args;
	FILE *from;
	unsigned line;
	char command[CTL_COMMAND_MAX];
	size_t n;            /* of it */
	unsigned urls;       /* in it */
	int64_t stored, failed;
};

static void begin(struct warm *w)
{
	w->n = (size_t)snprintf(w->command, sizeof w->command, "%s", NAME);
	w->urls = 0;
}

static int64_t take(const struct record *r, const char *key)
{
	const struct record_field *f = record_find(r, key);

	return f && f->is_number && f->number > 0 ? f->number : 0;
}

/* What there is in the command; why some have failed is said at once. */
static int send(struct warm *w)
{
	struct answer answer;
	struct record r;

	if (w->urls == 0)
		return CTL_FINE;
	int code = ask(&answer, w->args, w->command);
	if (code != CTL_FINE)
		return code;
	for (unsigned i = 0; i < answer.nlines; i++) {
		answer_record(&answer, i, &r);
		if (record_is(&r, "cache")) {
			w->stored += take(&r, "stored");
			w->failed += take(&r, "failed");
		} else if (record_is(&r, "text")) {
			show_plain(stderr, r.fields[0].text);
			fputs("\n", stderr);
		}
	}
	answer_fini(&answer);
	begin(w);
	return CTL_FINE;
}

static bool is_url(struct slice line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] <= ' ' || line.p[i] > '~')
			return false;
	return slice_starts(line, SLICE("http://"))
	    || slice_starts(line, SLICE("https://"));
}

static int add(struct warm *w, struct slice url)
{
	if (url.n + sizeof NAME + 1 >= sizeof w->command || !is_url(url))
		return ask_fail(w->args, CTL_REFUSED, "failed", "%s:%u: this "
		    "is no URL, or one that is too long", w->args->words[0],
		    w->line);
	if (w->urls == URLS || w->n + url.n + 2 >= sizeof w->command) {
		int code = send(w);
		if (code != CTL_FINE)
			return code;
	}
	w->n += (size_t)snprintf(w->command + w->n,
	    sizeof w->command - w->n, " %.*s", SLICE_FMT(url));
	w->urls++;
	return CTL_FINE;
}

/* Empty lines and those that begin with "#" are passed over. */
static int read_lines(struct warm *w)
{
	char line[CTL_COMMAND_MAX + 2];
	int code = CTL_FINE;

	begin(w);
	while (code == CTL_FINE && fgets(line, sizeof line, w->from)) {
		struct slice text = slice_str(line);
		w->line++;
		if (text.n && text.p[text.n - 1] == '\n')
			text.n--;
		if (text.n && text.p[text.n - 1] == '\r')
			text.n--;
		text = slice_trim(text);
		if (text.n && text.p[0] != '#')
			code = add(w, text);
	}
	if (code == CTL_FINE && ferror(w->from))
		return ask_fail(w->args, CTL_REFUSED, "failed", "%s: %s",
		    w->args->words[0], strerror(errno));
	return code == CTL_FINE ? send(w) : code;
}

int warm_run(const struct args *a)
{
	struct warm w = {.args = a};
	bool own = strcmp(a->words[0], "-") != 0;

	w.from = own ? fopen(a->words[0], "r") : stdin;
	if (w.from == NULL)
		return ask_fail(a, CTL_USAGE, "usage", "%s: %s", a->words[0],
		    strerror(errno));
	int code = read_lines(&w);
	if (own)
		fclose(w.from);
	if (code != CTL_FINE)
		return code;
	if (a->json)
		printf("{\"ok\":%s,\"stored\":%" PRId64 ",\"failed\":%" PRId64
		    "}\n", w.failed ? "false" : "true", w.stored, w.failed);
	else
		printf("stored %" PRId64 ", failed %" PRId64 "\n", w.stored,
		    w.failed);
	return w.failed ? CTL_REFUSED : CTL_FINE;
}
