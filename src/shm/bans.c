/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans: what of the cache is not to be used any more, looked at when it is. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "shm/bans.h"

#include <pcre2.h>
#include <string.h>

#include "base/fault.h"
#include "conf/regex.h"
#include "http/sf.h"
#include "shm/cache.h"

#define STEPS_MOST 100000
#define DEPTH_MOST 1000
#define SUBJECT_MOST 4096 /* bytes of host and target that expressions see */
#define ROUNDS 8          /* bans that come while one entry is looked at */

/* A ban as it was at one moment. */
struct seen {
	enum ban_kind kind;
	uint32_t number;
	bool soft;
	struct slice host, text;
	char copy[256 + BAN_TEXT];
};

/* ---- Expressions, in this process's own memory ---- */

static struct {
	uint32_t number;
	pcre2_code *code;
} compiled[BANS_MOST];

static pcre2_match_data *match;
static pcre2_match_context *limits;

static bool init_match(void)
{
	if (match == NULL)
		match = pcre2_match_data_create(1, NULL);
	if (limits == NULL)
		limits = pcre2_match_context_create(NULL);
	if (match == NULL || limits == NULL)
		return false;
	pcre2_set_match_limit(limits, STEPS_MOST);
	pcre2_set_depth_limit(limits, DEPTH_MOST);
	return true;
}

static pcre2_code *compile(struct slice text, const char **why)
{
	static char wrong[REGEX_WRONG];
	char copy[BAN_TEXT];

	if (text.n >= sizeof copy) {
		*why = "is too long";
		return NULL;
	}
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	*why = wrong;
	return regex_compile(copy, wrong);
}

bool bans_check_re(struct slice text, const char **why)
{
	pcre2_code *code = compile(text, why);

	if (code)
		regex_free(code);
	return code != NULL;
}

static pcre2_code *code_of(unsigned place, const struct seen *b)
{
	const char *why;

	if (compiled[place].number == b->number)
		return compiled[place].code;
	if (compiled[place].code)
		regex_free(compiled[place].code);
	compiled[place].code = compile(b->text, &why);
	compiled[place].number = b->number;
	return compiled[place].code;
}

/* What cannot be told is struck: it is fetched once more than it need be. */
static bool strikes_re(unsigned place, const struct seen *b,
    const struct ban_subject *s)
{
	char joined[SUBJECT_MOST];
	pcre2_code *code = code_of(place, b);

	if (code == NULL || !init_match()
	    || s->host.n + s->target.n > sizeof joined)
		return true;
	if (s->host.n)
		memcpy(joined, s->host.p, s->host.n);
	if (s->target.n)
		memcpy(joined + s->host.n, s->target.p, s->target.n);
	return pcre2_match(code, (PCRE2_SPTR)joined, s->host.n + s->target.n,
	    0, 0, match, limits) != PCRE2_ERROR_NOMATCH;
}

/* ---- Tags ---- */

static bool is_word(struct slice words, struct slice tag)
{
	while (words.p) {
		struct slice word = slice_trim(slice_cut(&words, ' '));
		if (word.n && slice_eq(word, tag))
			return true;
	}
	return false;
}

static bool is_group(struct slice list, struct slice tag)
{
	struct sf_item item;
	char text[BAN_TEXT];
	bool bad = false;

	while (sf_next_item(&list, &item, &bad)) {
		if (item.type != SF_STRING || item.text.n > sizeof text)
			continue;
		size_t n = sf_unescape(item.text, text, sizeof text);
		if (slice_eq(slice_make(text, n), tag))
			return true;
	}
	return false;
}

static bool has_tag(struct slice tags, struct slice tag)
{
	struct slice words = slice_cut(&tags, '\n');

	return is_word(words, tag) || (tags.p && is_group(tags, tag));
}

/* ---- Striking ---- */

static bool strikes(unsigned place, const struct seen *b,
    const struct ban_subject *s)
{
	if (b->host.n && !slice_eq(b->host, s->host))
		return false;
	switch (b->kind) {
	case BAN_URL:
		return slice_eq(s->target, b->text);
	case BAN_HOST:
		return true;
	case BAN_PREFIX:
		return slice_starts(s->target, b->text);
	case BAN_RE:
		return strikes_re(place, b, s);
	case BAN_TAG:
		return has_tag(s->tags, b->text);
	case BAN_NONE:
		break;
	}
	return false;
}

/* False: nothing is there, or it is not behind `known`. What changes while it
 * is read was freed: all entries have been held against it. */
static bool see(const struct ban *b, uint32_t known, struct seen *to)
{
	uint32_t kind = atomic_load_explicit(&b->kind, memory_order_acquire);

	to->number = atomic_load_explicit(&b->number, memory_order_relaxed);
	if (kind == BAN_NONE || kind > BAN_TAG
	    || (int32_t)(to->number - known) <= 0)
		return false;
	to->kind = (enum ban_kind)kind;
	to->soft = b->soft != 0;
	memcpy(to->copy, b->host, sizeof b->host);
	to->host = slice_make(to->copy, strnlen(to->copy, sizeof b->host));
	to->text = slice_make(to->copy + sizeof b->host,
	    b->n < BAN_TEXT ? b->n : BAN_TEXT);
	memcpy(to->copy + sizeof b->host, b->text, to->text.n);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&b->kind, memory_order_relaxed) == kind
	    && atomic_load_explicit(&b->number, memory_order_relaxed)
	    == to->number;
}

static void hold(const struct ban_subject *s, uint32_t known, bool *hard,
    bool *soft)
{
	struct seen b;

	for (unsigned i = 0; i < BANS_MOST && !*hard; i++) {
		if (!see(&cache.bans->at[i], known, &b)
		    || (b.soft && *soft) || !strikes(i, &b, s))
			continue;
		*(b.soft ? soft : hard) = true;
	}
}

/* A ban that takes another one's place may have come behind our back: then the
 * number has grown. */
bool bans_strike(const struct ban_subject *s, uint32_t *known, bool *soft)
{
	bool hard = false, mild = false;
	uint32_t last = 0;

	for (unsigned i = 0; i < ROUNDS && !hard; i++) {
		last = atomic_load(&cache.bans->last);
		hold(s, *known, &hard, &mild);
		if (atomic_load(&cache.bans->last) == last)
			break;
	}
	*known = last;
	*soft = mild && !hard;
	if (hard || mild)
		atomic_fetch_add_explicit(&cache.bans->struck, 1,
		    memory_order_relaxed);
	return hard || mild;
}

/* ---- Adding ---- */

static bool is_free(const struct ban *b)
{
	return atomic_load(&b->kind) == BAN_NONE;
}

static bool says(const struct ban *b, enum ban_kind kind, struct slice host,
    struct slice text, bool soft)
{
	return atomic_load(&b->kind) == kind && b->soft == soft
	    && slice_eq(slice_make(b->host, strnlen(b->host, sizeof b->host)),
	    host) && slice_eq(slice_make(b->text, b->n), text);
}

/* Readers who see the number of before do not see the kind, or the other way
 * round: `see` looks at both twice. */
static void put(struct ban *b, enum ban_kind kind, struct slice host,
    struct slice text, bool soft)
{
	uint32_t number = atomic_load(&cache.bans->last) + 1;

	atomic_store(&b->number, number);
	atomic_thread_fence(memory_order_release);
	memset(b->host, 0, sizeof b->host);
	if (host.n)
		memcpy(b->host, host.p, host.n);
	if (text.n)
		memcpy(b->text, text.p, text.n);
	b->n = (uint16_t)text.n;
	b->soft = soft;
	atomic_store_explicit(&b->kind, kind, memory_order_release);
	FAULT(ban_put);
	atomic_store(&cache.bans->last, number);
}

static bool add(enum ban_kind kind, struct slice host, struct slice text,
    bool soft)
{
	struct ban *room = NULL, *same = NULL;

	for (unsigned i = 0; i < BANS_MOST; i++) {
		struct ban *b = &cache.bans->at[i];
		if (is_free(b))
			room = room ? room : b;
		else if (says(b, kind, host, text, soft))
			same = b;
	}
	if (room == NULL)
		return false;
	put(room, kind, host, text, soft);
	if (same)
		atomic_store(&same->kind, BAN_NONE);
	return true;
}

bool bans_add(enum ban_kind kind, struct slice host, struct slice text,
    bool soft, const char **why)
{
	if (host.n >= sizeof cache.bans->at->host || text.n >= BAN_TEXT) {
		*why = "the text of a ban is too long";
		return false;
	}
	if (kind == BAN_RE && !bans_check_re(text, why))
		return false;
	/* what a dead owner left is free, or whole */
	lock_take(&cache.bans->lock);
	bool fits = add(kind, host, text, soft);
	lock_release(&cache.bans->lock);
	if (!fits)
		*why = "there are too many bans; some end once the whole "
		    "cache has been held against them";
	return fits;
}

unsigned bans_count(void)
{
	unsigned n = 0;

	for (unsigned i = 0; cache.bans && i < BANS_MOST; i++)
		n += !is_free(&cache.bans->at[i]);
	return n;
}

void bans_settle_lock(unsigned n)
{
	if (cache.bans && lock_is_of(&cache.bans->lock, n)) {
		lock_take(&cache.bans->lock);
		lock_release(&cache.bans->lock);
	}
}
