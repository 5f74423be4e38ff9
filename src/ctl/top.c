/* SPDX-License-Identifier: BSD-2-Clause */
/* "top": the status once a second, in a terminal or as plain text. */
#include "ctl/top.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/picture.h"
#include "ctl/screen.h"

#define SECOND_US UINT64_C(1000000)

struct top {
	const struct args *args;
	struct look looks[2]; /* now, and before */
	unsigned n;           /* looks that were taken */
	struct picture picture;
	char wrong[ASK_WRONG];
	uint64_t next;        /* when to look again */
	bool ended;
};

/* CTL_FINE, or the code to leave with, and why in wrong; no reason: somebody
 * wants something before the answer is here. */
static int look(struct top *t, int wake)
{
	char wrong[ASK_WRONG];
	struct answer answer;
	int code = ask_quietly(&answer, t->args, "status", wake, wrong);

	if (code == CTL_FINE && !answer.ok) {
		snprintf(wrong, sizeof wrong, "the master says: %.*s",
		    answer.text.n < 400 ? (int)answer.text.n : 400,
		    answer.text.p);
		answer_fini(&answer);
		code = CTL_REFUSED;
	}
	if (code != CTL_FINE && *wrong == '\0')
		return code;
	snprintf(t->wrong, sizeof t->wrong, "%s",
	    code == CTL_FINE ? "" : wrong);
	if (code != CTL_FINE)
		return code;
	look_fini(&t->looks[1]);
	t->looks[1] = t->looks[0];
	look_take(&t->looks[0], &answer);
	t->n++;
	return CTL_FINE;
}

static void print(struct top *t, FILE *to)
{
	t->picture.now = &t->looks[0];
	t->picture.before = t->n > 1 ? &t->looks[1] : NULL;
	t->picture.wrong = t->wrong;
	picture_print(&t->picture, to);
}

static bool enough(const struct top *t)
{
	return t->args->looks && t->n >= t->args->looks;
}

static int fail(const struct top *t, int code)
{
	return ask_fail(t->args, code, "failed", "%s", t->wrong);
}

static int run_plain(struct top *t)
{
	for (;;) {
		int code = look(t, -1);

		if (code != CTL_FINE)
			return fail(t, code);
		if (t->n > 1)
			putchar('\n');
		print(t, stdout);
		if (fflush(stdout) != 0 || enough(t))
			return CTL_FINE;
		clock_sleep_us(SECOND_US);
	}
}

static void draw(struct top *t)
{
	char *lines = NULL;
	size_t n;
	FILE *f = open_memstream(&lines, &n);

	if (f == NULL)
		die("out of memory");
	screen_size(&t->picture.rows, &t->picture.columns);
	print(t, f);
	if (fclose(f) != 0)
		die("out of memory");
	screen_draw(lines, n, t->picture.rows);
	free(lines);
}

static void obey(struct top *t, char key)
{
	if (key == 'q' || key == 3)
		t->ended = true;
	else if (key == 's')
		t->picture.sort = (t->picture.sort + 1) % PICTURE_SORTS;
	else if (key == 'p')
		t->picture.paused = !t->picture.paused;
}

/* Looks when it is time to; whoever presses a key has it first. */
static void look_in_time(struct top *t)
{
	uint64_t now = clock_us();
	unsigned n = t->n;

	if (t->picture.paused || now < t->next)
		return;
	look(t, screen_wake());
	if (t->n > n || *t->wrong)
		t->next = now + SECOND_US;
	draw(t);
}

static void live(struct top *t)
{
	while (!t->ended) {
		uint64_t now = clock_us();
		unsigned ms = t->picture.paused || now >= t->next ? 1000
		    : (unsigned)((t->next - now) / 1000) + 1;
		enum screen_event event = now >= t->next
		    && !t->picture.paused ? screen_next(0) : screen_next(ms);

		if (event == SCREEN_ENDED)
			return;
		if (event == SCREEN_KEY)
			obey(t, screen_key());
		if (event == SCREEN_NOTHING)
			look_in_time(t);
		else
			draw(t);
	}
}

static int run_live(struct top *t)
{
	const char *colourless = getenv("NO_COLOR");
	int code = look(t, -1);

	if (code != CTL_FINE)
		return fail(t, code);
	t->next = clock_us() + SECOND_US;
	screen_open();
	t->picture.keys = true;
	t->picture.colours = !colourless || *colourless == '\0';
	draw(t);
	live(t);
	screen_close();
	return CTL_FINE;
}

int top_run(const struct args *a)
{
	static struct top t;
	int code;

	t.args = a;
	if (a->json)
		return ask_fail(a, CTL_USAGE, "usage",
		    "top is for people; programs use status --json");
	code = screen_is_terminal() && a->looks == 0 ? run_live(&t)
	    : run_plain(&t);
	look_fini(&t.looks[0]);
	look_fini(&t.looks[1]);
	return code;
}
