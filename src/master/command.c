/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: what a line to the master, or of its state file, asks for. */
#include "master/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "conf/suggest.h"
#include "master/cache_words.h"

#define WORDS (COMMAND_URLS + 3) /* of the longest one, and one too many */
#define WEIGHT_MOST 256
#define CONNECTIONS_MOST 1000000

struct line {
	char text[COMMAND_LINE + 1];
	char *words[WORDS];
	unsigned n;
	char *wrong; /* COMMAND_WRONG */
};

/* Reads the words from `from` on. */
typedef bool reader(struct line *l, unsigned from, struct command *c);

static reader read_nothing, read_workers, read_target, read_weight, read_add,
    read_cache;

static const struct verb {
	const char *first, *second;
	reader *read;
	const char *rest;
} verbs[COMMAND_VERBS] = {
	[COMMAND_STATUS] = {"status", NULL, read_nothing, ""},
	[COMMAND_RELOAD] = {"reload", NULL, read_nothing, ""},
	[COMMAND_UPGRADE] = {"upgrade", NULL, read_nothing, ""},
	[COMMAND_REOPEN] = {"reopen", NULL, read_nothing, ""},
	[COMMAND_STOP] = {"stop", NULL, read_nothing, ""},
	[COMMAND_STOP_GRACEFUL] = {"stop", "graceful", read_nothing, ""},
	[COMMAND_SET_WORKERS] = {"workers", NULL, read_workers, " MIN MAX"},
	[COMMAND_DRAIN] = {"backend", "drain", read_target, " POOL/NAME"},
	[COMMAND_ENABLE] = {"backend", "enable", read_target, " POOL/NAME"},
	[COMMAND_DISABLE] = {"backend", "disable", read_target,
		" POOL/NAME"},
	[COMMAND_WEIGHT] = {"backend", "weight", read_weight,
		" POOL/NAME 0-256 (or \"file\")"},
	[COMMAND_ADD] = {"backend", "add", read_add, " POOL ADDRESS "
		"[name=NAME] [weight=N] [max_connections=N] [backup]"},
	[COMMAND_REMOVE] = {"backend", "remove", read_target, " POOL/NAME"},
	[COMMAND_DIFF] = {"config", "diff", read_nothing, ""},
	[COMMAND_SAVE] = {"config", "save", read_nothing, ""},
	[COMMAND_CACHE_STATUS] = {"cache", "status", read_nothing, ""},
	[COMMAND_CACHE_PURGE] = {"cache", "purge", read_cache, " URL [soft]"},
	[COMMAND_CACHE_BAN] = {"cache", "ban", read_cache,
		" host|prefix|re|tag TEXT [host=HOST] [soft]"},
	[COMMAND_CACHE_WARM] = {"cache", "warm", read_cache, " URL ..."},
};

static bool refuse(struct line *l, const char *fmt, ...) LOG_LIKE(2, 3);

static bool refuse(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->wrong, COMMAND_WRONG, fmt, ap);
	va_end(ap);
	return false;
}

static bool refuse_usage(struct line *l, enum command_verb verb)
{
	const struct verb *v = &verbs[verb];

	return refuse(l, "this command is written \"%s%s%s%s\"", v->first,
	    v->second ? " " : "", v->second ? v->second : "", v->rest);
}

static bool split(struct line *l, struct slice text)
{
	if (text.n > COMMAND_LINE)
		return refuse(l, "a command has %d bytes at most",
		    COMMAND_LINE);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < ' ' || text.p[i] > '~')
			return refuse(l, "a command is one line of printable "
			    "ASCII");
	if (text.n)
		memcpy(l->text, text.p, text.n);
	l->text[text.n] = '\0';
	for (char *p = l->text; p && l->n < WORDS; l->n++) {
		l->words[l->n] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
		if (l->words[l->n][0] == '\0')
			return refuse(l, "a command is made of words, with "
			    "one space between them");
	}
	return true;
}

static bool copy_word(char *to, size_t room, struct slice word)
{
	if (word.n == 0 || word.n >= room)
		return false;
	memset(to, 0, room);
	memcpy(to, word.p, word.n);
	return true;
}

static bool read_number(const char *word, unsigned least, unsigned most,
    unsigned *to)
{
	uint64_t v;

	if (!slice_u64(slice_str(word), &v) || v < least || v > most)
		return false;
	*to = (unsigned)v;
	return true;
}

static bool read_nothing(struct line *l, unsigned from, struct command *c)
{
	return l->n == from || refuse_usage(l, c->verb);
}

static bool read_workers(struct line *l, unsigned from, struct command *c)
{
	if (l->n != from + 2)
		return refuse_usage(l, c->verb);
	if (!read_number(l->words[from], 1, COMMAND_WORKERS, &c->min)
	    || !read_number(l->words[from + 1], 1, COMMAND_WORKERS, &c->max))
		return refuse(l, "the numbers of workers are 1 to %d",
		    COMMAND_WORKERS);
	if (c->min > c->max)
		return refuse(l, "\"workers %u %u\" has more workers at least "
		    "than at most", c->min, c->max);
	return true;
}

/* Pools have no "/" in their names; a backend that is named by its unix
 * socket has. */
static bool read_name(struct line *l, char *word, struct command *c)
{
	struct slice name = slice_str(word), pool = slice_cut(&name, '/');

	if (name.p == NULL || pool.n == 0 || name.n == 0)
		return refuse(l, "\"%.120s\" names no backend; write "
		    "POOL/NAME, as \"status\" shows it", word);
	if (!copy_word(c->pool, sizeof c->pool, pool)
	    || !copy_word(c->name, sizeof c->name, name))
		return refuse(l, "no name of a pool has more than %d bytes, "
		    "and none of a backend more than %d", COMMAND_POOL - 1,
		    COMMAND_NAME - 1);
	return true;
}

static bool read_target(struct line *l, unsigned from, struct command *c)
{
	if (l->n != from + 1)
		return refuse_usage(l, c->verb);
	return read_name(l, l->words[from], c);
}

static bool read_weight(struct line *l, unsigned from, struct command *c)
{
	if (l->n != from + 2)
		return refuse_usage(l, c->verb);
	c->of_file = strcmp(l->words[from + 1], "file") == 0;
	if (!c->of_file && !read_number(l->words[from + 1], 0, WEIGHT_MOST,
	    &c->weight))
		return refuse(l, "\"%.120s\" is no weight; write 0 to %d, or "
		    "\"file\" for that of the file", l->words[from + 1],
		    WEIGHT_MOST);
	return read_name(l, l->words[from], c);
}

static const char *after(const char *word, const char *key)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) == 0 ? word + n : NULL;
}

/* A unix socket without a name has that of its path, and so it is written. */
static bool is_name(const char *text, const struct command *c)
{
	return strpbrk(text, "\"\\;,#/$") == NULL
	    || (strncmp(text, "unix:", 5) == 0
	    && strcmp(text, c->address) == 0);
}

static bool read_option(struct line *l, char *word, struct command *c)
{
	const char *value;

	if ((value = after(word, "name=")) != NULL) {
		if (!is_name(value, c) || !copy_word(c->name, sizeof c->name,
		    slice_str(value)))
			return refuse(l, "a name has 1 to %d bytes, and none "
			    "of \" \\ ; , # / $", COMMAND_NAME - 1);
	} else if ((value = after(word, "weight=")) != NULL) {
		if (!read_number(value, 0, WEIGHT_MOST, &c->weight))
			return refuse(l, "a weight is 0 to %d", WEIGHT_MOST);
	} else if ((value = after(word, "max_connections=")) != NULL) {
		if (!read_number(value, 0, CONNECTIONS_MOST,
		    &c->max_connections))
			return refuse(l, "max_connections is 0 (any number) "
			    "to %d", CONNECTIONS_MOST);
	} else if (strcmp(word, "backup") == 0) {
		c->backup = true;
	} else {
		return refuse(l, "\"%.120s\" is unknown here; a backend may "
		    "have name=, weight=, max_connections= and backup", word);
	}
	return true;
}

static bool read_add(struct line *l, unsigned from, struct command *c)
{
	if (l->n < from + 2)
		return refuse_usage(l, c->verb);
	if (!copy_word(c->pool, sizeof c->pool, slice_str(l->words[from])))
		return refuse(l, "no name of a pool has more than %d bytes",
		    COMMAND_POOL - 1);
	if (!copy_word(c->address, sizeof c->address,
	    slice_str(l->words[from + 1])))
		return refuse(l, "no address has more than %d bytes",
		    COMMAND_ADDRESS - 1);
	/* in the file it begins a variable of the master's environment */
	if (strchr(c->address, '$'))
		return refuse(l, "no address has a \"$\"");
	c->weight = 1;
	for (unsigned i = from + 2; i < l->n; i++)
		if (!read_option(l, l->words[i], c))
			return false;
	return true;
}

static bool read_cache(struct line *l, unsigned from, struct command *c)
{
	return cache_words_read(c, l->words + from, l->n - from, l->wrong)
	    || (l->wrong[0] == '\0' ? refuse_usage(l, c->verb) : false);
}

static bool is_verb(const struct line *l, const struct verb *v)
{
	if (l->n == 0 || strcmp(l->words[0], v->first) != 0)
		return false;
	if (v->second)
		return l->n > 1 && strcmp(l->words[1], v->second) == 0;
	return true;
}

/* A verb of two words goes before its first word alone. */
static const struct verb *find_verb(const struct line *l)
{
	const struct verb *found = NULL;

	for (unsigned i = 0; i < COMMAND_VERBS; i++)
		if (is_verb(l, &verbs[i]) && (!found || verbs[i].second))
			found = &verbs[i];
	return found;
}

/* The second word is wrong if the first one begins a command. */
static bool refuse_verb(struct line *l)
{
	struct suggest near;
	bool begins = false;

	suggest_init(&near, l->words[0]);
	for (unsigned i = 0; i < COMMAND_VERBS; i++) {
		suggest_offer(&near, verbs[i].first);
		begins = begins || strcmp(l->words[0], verbs[i].first) == 0;
	}
	if (!begins)
		return refuse(l, "there is no command \"%.120s\"%s",
		    l->words[0], suggest_tail(&near));
	suggest_init(&near, l->n > 1 ? l->words[1] : "");
	for (unsigned i = 0; i < COMMAND_VERBS; i++)
		if (strcmp(verbs[i].first, l->words[0]) == 0)
			suggest_offer(&near, verbs[i].second);
	return refuse(l, "there is no command \"%s %.120s\"%s", l->words[0],
	    l->n > 1 ? l->words[1] : "", suggest_tail(&near));
}

bool command_parse(struct slice text, struct command *c,
    char wrong[COMMAND_WRONG])
{
	struct line l = {.wrong = wrong};

	memset(c, 0, sizeof *c);
	if (!split(&l, text))
		return false;
	const struct verb *v = find_verb(&l);
	if (v == NULL)
		return refuse_verb(&l);
	c->verb = (enum command_verb)(v - verbs);
	return v->read(&l, v->second ? 2 : 1, c);
}

static void put_number(struct buf *b, const char *before, unsigned n)
{
	buf_str(b, before);
	buf_u64(b, n);
}

static void put_add(struct buf *b, const struct command *c)
{
	BUF_LIT(b, " ");
	buf_str(b, c->pool);
	BUF_LIT(b, " ");
	buf_str(b, c->address);
	if (c->name[0]) {
		BUF_LIT(b, " name=");
		buf_str(b, c->name);
	}
	put_number(b, " weight=", c->weight);
	put_number(b, " max_connections=", c->max_connections);
	if (c->backup)
		BUF_LIT(b, " backup");
}

static void put_rest(struct buf *b, const struct command *c)
{
	if (c->text[0]) {
		cache_words_put(b, c);
	} else if (c->verb == COMMAND_ADD) {
		put_add(b, c);
	} else if (c->verb == COMMAND_SET_WORKERS) {
		put_number(b, " ", c->min);
		put_number(b, " ", c->max);
	} else if (c->name[0]) {
		BUF_LIT(b, " ");
		buf_str(b, c->pool);
		BUF_LIT(b, "/");
		buf_str(b, c->name);
	}
	if (c->verb == COMMAND_WEIGHT && c->of_file)
		BUF_LIT(b, " file");
	else if (c->verb == COMMAND_WEIGHT)
		put_number(b, " ", c->weight);
}

size_t command_format(const struct command *c, char to[COMMAND_LINE])
{
	const struct verb *v = &verbs[c->verb];
	struct buf b;

	buf_init(&b, to, COMMAND_LINE);
	buf_str(&b, v->first);
	if (v->second) {
		BUF_LIT(&b, " ");
		buf_str(&b, v->second);
	}
	put_rest(&b, c);
	MUST(!b.full);
	return buf_length(&b);
}
