/* SPDX-License-Identifier: BSD-2-Clause */
/* FAULT marks: which is armed, and what becomes of who reaches it. */
#include "base/fault.h"

#ifdef ENABLE_FAULT

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define SLEEP_US 4000000

_Static_assert(FAULT_COUNT <= 256, "the word has eight bits for the mark");

_Atomic uint32_t *fault_word;
static uint32_t then; /* what the word is once the first is done with */

static const char *const names[] = {
	"none",
#define FAULT_MARK(name, where) #name,
#include "base/fault.def"
#undef FAULT_MARK
};

static void end_by_kill(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void spin(void)
{
	for (volatile unsigned turns = 0;; turns++)
		;
}

static void spin_deaf(void)
{
	signal(SIGABRT, SIG_IGN);
	spin();
}

static void crash(void)
{
	static int *volatile nowhere;

	*nowhere = 1;
}

static void sleep_long(void)
{
	clock_sleep_us(SLEEP_US);
}

static const struct action {
	const char *name;
	void (*run)(void);
} actions[] = {
	{"kill", end_by_kill},
	{"spin", spin},
	{"deaf", spin_deaf},
	{"crash", crash},
	{"sleep", sleep_long},
};

#define ACTIONS (sizeof actions / sizeof actions[0])

static uint32_t find_mark(const char *name)
{
	for (uint32_t i = 1; i < FAULT_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	die("PORTICO_FAULT: there is no mark \"%s\"", name);
}

static uint32_t find_action(const char *name)
{
	for (uint32_t i = 0; i < ACTIONS; i++)
		if (strcmp(actions[i].name, name) == 0)
			return i;
	die("PORTICO_FAULT: there is no action \"%s\"", name);
}

static uint32_t number(const char *text, uint32_t most)
{
	unsigned long n = strtoul(text, NULL, 10);

	return n < most ? (uint32_t)n : most;
}

static uint32_t read_word(char *rest)
{
	uint32_t w = find_mark(strsep(&rest, ":")) << 24;

	w |= rest ? number(strsep(&rest, ":"), 0xffff) : 0;
	w |= rest ? find_action(strsep(&rest, ":")) << 20 : 0;
	return w | (rest ? number(rest, 15) : 1) << 16;
}

/* The word of the first mark; 0: there is none. */
static uint32_t read_wish(void)
{
	const char *want = getenv("PORTICO_FAULT");
	char text[80], *rest = text;

	if (want == NULL || strlen(want) >= sizeof text)
		return 0;
	strcpy(text, want);
	uint32_t first = read_word(strsep(&rest, ","));
	then = rest ? read_word(rest) : 0;
	return first;
}

void fault_arm(_Atomic uint32_t *word)
{
	fault_word = word;
	atomic_store(word, read_wish());
}

void fault_follow(_Atomic uint32_t *word)
{
	fault_word = word;
	read_wish();
}

/* What the word is after a hit: one less to pass over, or to end. */
static uint32_t count_down(uint32_t w)
{
	if (w & 0xffff)
		return w - 1;
	if ((w >> 16 & 15) > 1)
		return w - (1u << 16);
	return w >> 24 == then >> 24 ? 0 : then;
}

void fault_hit(enum fault mark)
{
	uint32_t w = atomic_load(fault_word);

	while (w >> 24 == (uint32_t)mark) {
		if (!atomic_compare_exchange_weak(fault_word, &w,
		    count_down(w)))
			continue;
		if (w & 0xffff)
			return;
		log_info("fault: %s reached", names[mark]);
		actions[w >> 20 & 15].run();
		return;
	}
}

#endif
