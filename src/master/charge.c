/* SPDX-License-Identifier: BSD-2-Clause */
/* Charge: what the newest steward is to do with the cache, and its answers. */
#include "master/charge.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/cache_report.h"
#include "master/cache_words.h"
#include "master/generation.h"
#include "shm/cache.h"

#define LOOK_MS 100 /* the steward tells when it is done: a second net */
#define PATIENCE_MS 8000
#define LONG_PATIENCE_MS 55000

/* Who waits for which chore. The area may be another one meanwhile. */
static struct charge {
	struct reply *reply; /* NULL: it is free */
	struct chores *of;
	uint32_t word;       /* as it was asked */
	enum command_verb verb;
	unsigned urls;
	uint64_t until;      /* clock_ms */
} charges[CHORES];

static bool refuse(struct reply *r, const char *why)
{
	reply_error(r, "refused", "%s", why);
	reply_end(r);
	return true;
}

/* Orders of another master's, before an upgrade: nobody waits for them. */
static void forget_others(struct chores *of)
{
	for (unsigned i = 0; i < CHORES; i++)
		if (charges[i].reply == NULL || charges[i].of != of)
			atomic_store(&of->at[i].word, chore_word(
			    atomic_load(&of->at[i].word) >> 2, CHORE_EMPTY));
}

static struct charge *find(const struct reply *r)
{
	for (unsigned i = 0; i < CHORES; i++)
		if (charges[i].reply == r)
			return &charges[i];
	return NULL;
}

static struct chore_row *row_of(const struct charge *g)
{
	return &g->of->at[g - charges];
}

/* The newest family's will take it; which that is it knows itself. */
static void ring_stewards(void)
{
	for (int i = 0; i < GENERATIONS; i++)
		if (generations[i].state != GEN_NONE)
			generation_order(&generations[i]);
}

/* Blanks become the line feeds that the steward wants. */
static void put_urls(struct chore_row *row, const struct command *c)
{
	size_t n = strlen(c->text);

	memcpy(row->text, c->text, n);
	for (size_t i = 0; i < n; i++)
		if (row->text[i] == ' ')
			row->text[i] = '\n';
	row->text[n] = '\n';
	row->text[n + 1] = '\0';
}

static unsigned count_words(const char *text)
{
	unsigned n = 1;

	for (; *text; text++)
		n += *text == ' ';
	return n;
}

static void put_chore(struct chore_row *row, const struct command *c,
    const struct cache_ban *ban)
{
	_Static_assert(CHORE_TEXT > COMMAND_LINE + 2, "URLs fit");
	_Static_assert(CHORE_TEXT >= BAN_TEXT, "texts of bans fit");
	row->soft = c->soft;
	row->ban = (uint32_t)c->ban;
	row->failed = 0;
	row->why[0] = '\0';
	atomic_store(&row->count, 0);
	atomic_store(&row->status, 0);
	if (c->verb == COMMAND_CACHE_BAN) {
		row->kind = CHORE_BAN;
		memcpy(row->host, ban->host, sizeof ban->host);
		memcpy(row->text, ban->text, sizeof ban->text);
	} else if (c->verb == COMMAND_CACHE_STATUS) {
		row->kind = CHORE_FIGURES;
	} else {
		row->kind = c->verb == COMMAND_CACHE_PURGE ? CHORE_PURGE
		    : CHORE_WARM;
		put_urls(row, c);
	}
}

bool charge_begin(const struct command *c, struct reply *r)
{
	struct cache_ban ban;
	const char *why;

	if (cache.head == NULL)
		return refuse(r, "there is no cache");
	if (c->verb == COMMAND_CACHE_BAN && !cache_words_ban(c, &ban, &why))
		return refuse(r, why);
	struct charge *g = find(NULL);
	if (g == NULL)
		return refuse(r, "too many orders to the cache are under way");
	forget_others(cache.chores);
	*g = (struct charge){.reply = r, .of = cache.chores,
		.verb = c->verb, .urls = count_words(c->text),
		.until = clock_ms() + (c->verb == COMMAND_CACHE_WARM
		    ? LONG_PATIENCE_MS : PATIENCE_MS)};
	struct chore_row *row = row_of(g);
	put_chore(row, c, &ban);
	g->word = chore_word((atomic_load(&row->word) >> 2) + 1, CHORE_ASKED);
	atomic_store_explicit(&row->word, g->word, memory_order_release);
	ring_stewards();
	return false;
}

bool charge_is_due(const struct reply *r)
{
	return r && find(r) != NULL;
}

/* ---- Answers: what stands there is a stranger's ---- */

static void put_result(const struct charge *g, unsigned failed)
{
	const struct chore_row *row = row_of(g);
	uint32_t count = atomic_load(&row->count);

	if (g->verb == COMMAND_CACHE_STATUS && generation_current())
		cache_report(g->reply, generation_current()->conf);
	if (g->verb == COMMAND_CACHE_STATUS || g->verb == COMMAND_CACHE_BAN)
		return;
	reply_record(g->reply, "cache");
	reply_number(g->reply, g->verb == COMMAND_CACHE_PURGE ? "purged"
	    : "stored", count);
	if (g->verb == COMMAND_CACHE_WARM)
		reply_number(g->reply, "failed", failed);
	reply_close(g->reply);
}

static void answer(const struct charge *g)
{
	const struct chore_row *row = row_of(g);
	uint32_t failed = *(const volatile uint32_t *)&row->failed;
	char why[sizeof row->why];

	memcpy(why, row->why, sizeof why);
	why[sizeof why - 1] = '\0';
	if (failed > g->urls)
		failed = g->urls;
	if (failed && g->verb != COMMAND_CACHE_WARM) {
		reply_error(g->reply, "failed", "%s", why);
	} else {
		reply_ok(g->reply);
		put_result(g, failed);
		if (failed)
			reply_lines(g->reply, why, strlen(why));
	}
	reply_end(g->reply);
}

static void give_up(const struct charge *g)
{
	uint32_t count = atomic_load(&row_of(g)->count);

	if (g->verb == COMMAND_CACHE_WARM && count)
		reply_error(g->reply, "failed", "not all of the answers have "
		    "come in time; %u are stored", count);
	else
		reply_error(g->reply, "failed", "it takes too long");
	reply_end(g->reply);
}

/* True if it is carried out, or over. */
static bool look_at(struct charge *g)
{
	struct chore_row *row = row_of(g);
	uint32_t number = g->word >> 2, asked = g->word;
	uint32_t done = chore_word(number, CHORE_DONE);

	if (g->of != cache.chores) {
		reply_error(g->reply, "failed", "the cache is another one "
		    "now");
		reply_end(g->reply);
		return true;
	}
	if (atomic_load(&row->word) == asked && clock_ms() < g->until)
		return false;
	/* it may be done in this moment */
	atomic_compare_exchange_strong(&row->word, &asked,
	    chore_word(number, CHORE_EMPTY));
	if (asked == done)
		answer(g);
	else
		give_up(g);
	atomic_store(&row->word, chore_word(number, CHORE_EMPTY));
	return true;
}

void charge_look(void)
{
	for (unsigned i = 0; i < CHORES; i++)
		if (charges[i].reply && look_at(&charges[i]))
			charges[i].reply = NULL;
}

void charge_forget(const struct reply *r)
{
	struct charge *g = find(r);

	if (g && g->of == cache.chores)
		atomic_store(&row_of(g)->word, chore_word(g->word >> 2,
		    CHORE_EMPTY));
	if (g)
		g->reply = NULL;
}

uint64_t charge_wakes_at(void)
{
	for (unsigned i = 0; i < CHORES; i++)
		if (charges[i].reply)
			return clock_ms() + LOOK_MS;
	return 0;
}
