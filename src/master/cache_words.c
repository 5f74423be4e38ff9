/* SPDX-License-Identifier: BSD-2-Clause */
/* Words about the cache: what its commands have behind their names. */
#include "master/cache_words.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "http/uri.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443

static const struct {
	const char *word;
	enum ban_kind kind;
} kinds[] = {
	{"host", BAN_HOST},
	{"prefix", BAN_PREFIX},
	{"re", BAN_RE},
	{"tag", BAN_TAG},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

static bool refuse(char *wrong, const char *fmt, ...) LOG_LIKE(2, 3);

static bool refuse(char *wrong, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(wrong, COMMAND_WRONG, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- As keys have it ---- */

static bool put_lower(char *to, size_t room, struct slice host, uint16_t port)
{
	char digits[8] = "";
	int n = port ? snprintf(digits, sizeof digits, ":%u", port) : 0;

	if (host.n == 0 || host.n + (size_t)n >= room)
		return false;
	for (size_t i = 0; i < host.n; i++)
		to[i] = ascii_lower(host.p[i]);
	memcpy(to + host.n, digits, (size_t)n + 1);
	return true;
}

/* Without the port that goes without saying. */
static bool put_host(char *to, size_t room, struct slice text)
{
	struct slice host;
	uint16_t port;

	if (!uri_parse_host(text, &host, &port))
		return false;
	if (port == HTTP_PORT || port == HTTPS_PORT)
		port = 0;
	return put_lower(to, room, host, port);
}

static bool put_target(char *to, size_t room, const struct uri *u)
{
	char normal[COMMAND_LINE];
	struct slice path;
	struct buf b;

	if (uri_normalise_path(u->path, normal, sizeof normal, &path) != NULL)
		return false;
	buf_init(&b, to, room - 1);
	buf_slice(&b, path);
	if (u->query.p) {
		BUF_LIT(&b, "?");
		buf_slice(&b, u->query);
	}
	to[buf_length(&b)] = '\0';
	return !b.full;
}

static bool parse_url(struct slice text, struct uri *u)
{
	return uri_parse_target(text, METHOD_GET, u) == NULL
	    && u->form == URI_ABSOLUTE && u->authority.n > 0;
}

/* A URL, or a path of any host. */
static bool put_prefix(const struct command *c, struct cache_ban *to)
{
	struct slice text = slice_str(c->text);
	struct uri u;

	if (text.p[0] == '/')
		return uri_parse_target(text, METHOD_GET, &u) == NULL
		    && put_target(to->text, sizeof to->text, &u);
	if (!parse_url(text, &u) || c->host[0])
		return false;
	uint16_t usual = u.scheme == URI_HTTPS ? HTTPS_PORT : HTTP_PORT;
	return put_lower(to->host, sizeof to->host, u.host,
	    u.port == usual ? 0 : u.port)
	    && put_target(to->text, sizeof to->text, &u);
}

bool cache_words_ban(const struct command *c, struct cache_ban *to,
    const char **why)
{
	memset(to, 0, sizeof *to);
	*why = "is no name of a host";
	if (c->host[0] && !put_host(to->host, sizeof to->host,
	    slice_str(c->host)))
		return false;
	if (c->ban == BAN_HOST)
		return put_host(to->host, sizeof to->host,
		    slice_str(c->text));
	*why = "should be a URL, or a path that begins with \"/\"";
	if (c->ban == BAN_PREFIX)
		return put_prefix(c, to);
	*why = "is too long";
	if (strlen(c->text) >= sizeof to->text)
		return false;
	memcpy(to->text, c->text, strlen(c->text) + 1);
	return c->ban != BAN_RE || bans_check_re(slice_str(c->text), why);
}

/* ---- Reading ---- */

static bool copy_word(char *to, size_t room, const char *word)
{
	size_t n = strlen(word);

	if (n == 0 || n >= room)
		return false;
	memcpy(to, word, n + 1);
	return true;
}

static bool read_options(struct command *c, char *const *words, unsigned n,
    char *wrong)
{
	for (unsigned i = 0; i < n; i++) {
		bool host = c->verb == COMMAND_CACHE_BAN
		    && c->ban != BAN_HOST && c->host[0] == '\0'
		    && strncmp(words[i], "host=", 5) == 0;
		if (host && !copy_word(c->host, sizeof c->host, words[i] + 5))
			return refuse(wrong, "\"%.120s\" names no host",
			    words[i]);
		if (!host && (c->soft || strcmp(words[i], "soft") != 0))
			return refuse(wrong, "\"%.120s\" is unknown here, or "
			    "twice", words[i]);
		c->soft = c->soft || !host;
	}
	return true;
}

static bool read_ban(struct command *c, char *const *words, unsigned n,
    char *wrong)
{
	struct cache_ban ban;
	const char *why;

	if (n < 2)
		return false;
	for (unsigned i = 0; i < KINDS; i++)
		if (strcmp(words[0], kinds[i].word) == 0)
			c->ban = kinds[i].kind;
	if (c->ban == BAN_NONE)
		return refuse(wrong, "\"%.120s\" cannot be banned; there are "
		    "host, prefix, re and tag", words[0]);
	if (!copy_word(c->text, sizeof c->text, words[1])
	    || !read_options(c, words + 2, n - 2, wrong))
		return false;
	if (!cache_words_ban(c, &ban, &why))
		return refuse(wrong, "\"%.80s\" %s", words[1], why);
	return true;
}

static bool check_url(const char *word, char *wrong)
{
	struct uri u;

	return parse_url(slice_str(word), &u) || refuse(wrong,
	    "\"%.120s\" should be a URL that begins with \"http://\" or "
	    "\"https://\"", word);
}

/* All in one text, with a blank between them. */
static bool read_urls(struct command *c, char *const *words, unsigned n,
    char *wrong)
{
	struct buf b;

	if (n == 0 || n > COMMAND_URLS)
		return false;
	buf_init(&b, c->text, sizeof c->text - 1);
	for (unsigned i = 0; i < n; i++) {
		if (!check_url(words[i], wrong))
			return false;
		if (i)
			BUF_LIT(&b, " ");
		buf_str(&b, words[i]);
	}
	return !b.full;
}

bool cache_words_read(struct command *c, char *const *words, unsigned n,
    char wrong[COMMAND_WRONG])
{
	wrong[0] = '\0';
	if (c->verb == COMMAND_CACHE_BAN)
		return read_ban(c, words, n, wrong);
	if (c->verb == COMMAND_CACHE_WARM)
		return read_urls(c, words, n, wrong);
	return n > 0 && read_urls(c, words, 1, wrong)
	    && read_options(c, words + 1, n - 1, wrong);
}

void cache_words_put(struct buf *b, const struct command *c)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (c->verb == COMMAND_CACHE_BAN && c->ban == kinds[i].kind) {
			BUF_LIT(b, " ");
			buf_str(b, kinds[i].word);
		}
	BUF_LIT(b, " ");
	buf_str(b, c->text);
	if (c->host[0]) {
		BUF_LIT(b, " host=");
		buf_str(b, c->host);
	}
	if (c->soft)
		BUF_LIT(b, " soft");
}
