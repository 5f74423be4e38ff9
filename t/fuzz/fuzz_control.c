/* SPDX-License-Identifier: BSD-2-Clause */
/* A command is refused in words, or written back as what is the same. */
/* links: master shm http net conf base */
#include <string.h>

#include "base/log.h"
#include "master/cache_words.h"
#include "master/command.h"
#include "master/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_wrong(const char *wrong)
{
	size_t n = strnlen(wrong, COMMAND_WRONG);

	MUST(n > 0 && n < COMMAND_WRONG);
	for (size_t i = 0; i < n; i++)
		MUST(wrong[i] >= ' ' && wrong[i] <= '~');
}

static void check_again(const struct command *c)
{
	char wrong[COMMAND_WRONG], line[COMMAND_LINE];
	struct command again;
	size_t n = command_format(c, line);

	MUST(n > 0 && n <= COMMAND_LINE);
	MUST(command_parse(slice_make(line, n), &again, wrong));
	MUST(memcmp(c, &again, sizeof again) == 0);
}

/* What a ban is held against looks as it does in keys. */
static void check_ban(const struct command *c)
{
	struct cache_ban ban;
	const char *why;

	MUST(cache_words_ban(c, &ban, &why));
	MUST(memchr(ban.host, '\0', sizeof ban.host) != NULL);
	MUST(memchr(ban.text, '\0', sizeof ban.text) != NULL);
	MUST(ban.host[0] || ban.text[0]);
	for (const char *p = ban.host; *p; p++)
		MUST(*p == ascii_lower(*p));
	MUST(c->ban != BAN_PREFIX || ban.text[0] == '/');
}

/* Whatever stands in a text, it is one line and one field. */
static void check_reply(struct slice text)
{
	char copy[512];
	struct reply r = {0};
	size_t n = text.n < sizeof copy - 1 ? text.n : sizeof copy - 1;

	memcpy(copy, text.p, n);
	copy[n] = '\0';
	reply_record(&r, "x");
	reply_text(&r, "k", copy);
	reply_close(&r);
	MUST(!r.cut && r.n == 5 + strlen(copy));
	MUST(memchr(r.at, '\n', r.n) == r.at + r.n - 1);
	MUST(memchr(r.at + 2, '\t', r.n - 2) == NULL);
	reply_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char wrong[COMMAND_WRONG] = "";
	struct slice text = {(const char *)bytes, n};
	struct command c;

	if (command_parse(text, &c, wrong)) {
		MUST(n <= COMMAND_LINE);
		check_again(&c);
		if (c.verb == COMMAND_CACHE_BAN)
			check_ban(&c);
	} else {
		check_wrong(wrong);
	}
	if (n)
		check_reply(text);
	return 0;
}
