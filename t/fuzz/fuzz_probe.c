/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to checks: how they are cut into pieces does not matter. */
/* links: steward shm net http conf base */
#include <stdlib.h>

#include "base/log.h"
#include "conf/regex.h"
#include "steward/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static enum check_result feed(const struct conf_pool *pool, const char *p,
    size_t n, size_t stride, char why[CHECK_WHY])
{
	enum check_result result = CHECK_MORE;
	struct check c;

	check_begin(&c, pool);
	for (size_t at = 0; at < n && result == CHECK_MORE; at += stride) {
		size_t left = n - at, some = left < stride ? left : stride;
		char *part = malloc(some); /* nothing beside it is read */

		MUST(part != NULL);
		memcpy(part, p + at, some);
		result = check_read(&c, part, some);
		free(part);
		MUST(c.n <= CHECK_BODY);
	}
	if (result == CHECK_MORE)
		result = check_end(&c);
	MUST(result != CHECK_MORE);
	MUST(result != CHECK_BAD || c.why[0]);
	MUST(memchr(c.why, '\0', sizeof c.why) != NULL);
	memcpy(why, c.why, CHECK_WHY);
	check_free(&c);
	return result;
}

/* The first byte says which kind of check it is. */
static void set_up(struct conf_pool *pool, uint8_t how)
{
	static struct pcre2_real_code_8 *re;
	char wrong[REGEX_WRONG];

	if (re == NULL)
		re = regex_compile("a+b|ok", wrong);
	MUST(re != NULL);
	*pool = (struct conf_pool){.name = "app"};
	pool->health.path = SLICE("/");
	pool->health.method = how & 8 ? SLICE("HEAD") : SLICE("GET");
	pool->health.status.bits[3] = UINT64_MAX; /* 192 to 255 */
	pool->health.drain_on_404 = how & 1;
	pool->health.body_not = how & 2;
	pool->health.body_re.code = how & 4 ? NULL : re;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static char whole[CHECK_WHY], drip[CHECK_WHY], some[CHECK_WHY];
	struct conf_pool pool;
	const char *p = (const char *)bytes + 1;

	if (n < 2)
		return 0;
	set_up(&pool, bytes[0]);
	enum check_result result = feed(&pool, p, n - 1, n, whole);
	MUST(feed(&pool, p, n - 1, 1, drip) == result);
	MUST(feed(&pool, p, n - 1, 7, some) == result);
	MUST(strcmp(whole, drip) == 0 && strcmp(whole, some) == 0);
	return 0;
}
