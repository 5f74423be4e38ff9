/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking the master, and saying what went wrong. */
#include "ctl/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/link.h"
#include "ctl/place.h"
#include "ctl/show.h"

#define ERROR_BYTES 1024

static struct place place; /* looked for once */

/* What the master says beside its verdict, such as the mistakes in a file. */
static void print_lines(const struct answer *a)
{
	struct record r;

	for (unsigned i = 0; i < a->nlines; i++) {
		answer_record(a, i, &r);
		if (!record_is(&r, "text"))
			continue;
		show_plain(stderr, r.fields[0].text);
		fputs("\n", stderr);
	}
}

static void print_object(struct slice name, struct slice text,
    const struct answer *a)
{
	fputs("{\"ok\":false,\"code\":", stdout);
	json_text(stdout, name);
	fputs(",\"error\":", stdout);
	json_text(stdout, text);
	json_lines(stdout, a);
}

static void print_error(const struct args *args, struct slice name,
    struct slice text, const struct answer *a)
{
	if (args->json) {
		print_object(name, text, a);
		return;
	}
	if (a)
		print_lines(a);
	fputs("porticoctl: ", stderr);
	show_plain(stderr, text);
	fputs("\n", stderr);
}

int ask_fail(const struct args *a, int code, const char *name,
    const char *fmt, ...)
{
	char text[ERROR_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	print_error(a, slice_str(name), slice_str(text), NULL);
	return code;
}

int ask_done(const struct args *a)
{
	if (a->json)
		puts("{\"ok\":true}");
	return CTL_FINE;
}

static void explain(const struct link *link, enum link_outcome outcome,
    char wrong[ASK_WRONG])
{
	if (outcome == LINK_NOBODY)
		snprintf(wrong, ASK_WRONG, "cannot reach a master at %s: %s; "
		    "is Portico running?%s%s%s", link->path, link->wrong,
		    place.note ? " (" : "", place.note ? place.note : "",
		    place.note ? ": -s says where the socket is)" : "");
	else if (outcome == LINK_LOST)
		snprintf(wrong, ASK_WRONG, "the master at %s: %s", link->path,
		    link->wrong);
	else
		wrong[0] = '\0';
}

int ask_quietly(struct answer *to, const struct args *a, const char *command,
    int wake, char wrong[ASK_WRONG])
{
	struct link link = {.command = command, .wake = wake,
		.patience = a->command->patience};
	enum link_outcome outcome;
	const char *odd;

	if (place.path == NULL)
		place_find(&place, a);
	link.path = place.path;
	outcome = link_ask(&link);
	if (outcome != LINK_DONE) {
		free(link.bytes);
		explain(&link, outcome, wrong);
		return CTL_UNREACHED;
	}
	odd = answer_parse(to, link.bytes, link.n);
	if (odd == NULL)
		return CTL_FINE;
	snprintf(wrong, ASK_WRONG, "the answer from %s is not a master's: %s",
	    place.path, odd);
	answer_fini(to);
	return CTL_UNREACHED;
}

int ask(struct answer *to, const struct args *a, const char *command)
{
	char wrong[ASK_WRONG];
	int code = ask_quietly(to, a, command, -1, wrong);

	if (code != CTL_FINE)
		return ask_fail(a, code, "unreached", "%s", wrong);
	if (to->ok)
		return CTL_FINE;
	print_error(a, to->code, to->text, to);
	code = slice_eq(to->code, SLICE("usage")) ? CTL_USAGE : CTL_REFUSED;
	answer_fini(to);
	return code;
}
