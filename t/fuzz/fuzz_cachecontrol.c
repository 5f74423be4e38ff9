/* SPDX-License-Identifier: BSD-2-Clause */
/* Directives: more of them never make a response more storable. */
/* links: http base */
#include <stdio.h>

#include "base/log.h"
#include "http/cachecontrol.h"

#define TEXT_MAX 4096
#define ROOM 8
#define MOST INT64_C(0x80000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char text[TEXT_MAX + 256];
static struct field fields[ROOM];
static struct head h;

/* False: its bytes may not stand in a field. */
static bool make(const char *before, struct slice value, const char *name)
{
	static const struct head_limits limits = {ROOM, 100};
	int n = snprintf(text, sizeof(text), "HTTP/1.1 200\r\n%s%s: ", before,
	    name);

	memcpy(text + n, value.p, value.n);
	memcpy(text + n + value.n, "\r\n\r\n", 4);
	head_init(&h, fields, ROOM);
	return !head_parse_response(&h, text, (size_t)n + value.n + 4,
	    &limits);
}

static void check_seconds(int64_t seconds)
{
	MUST(seconds >= CACHECONTROL_NONE && seconds <= MOST);
}

static void check_bounds(const struct cachecontrol *cc)
{
	check_seconds(cc->max_age);
	check_seconds(cc->s_maxage);
	check_seconds(cc->min_fresh);
	MUST(cc->max_stale == CACHECONTROL_ANY || cc->max_stale <= MOST);
	check_seconds(cc->stale_while_revalidate);
	check_seconds(cc->stale_if_error);
	MUST(!cc->no_cache || cc->no_cache_fields.n == 0);
	MUST(!cc->is_private || cc->private_fields.n == 0);
}

static void check_stricter(const struct cachecontrol *a,
    const struct cachecontrol *b)
{
	MUST(b->max_age == 0 && b->no_store && b->min_fresh == MOST);
	MUST(b->no_cache || !a->no_cache);
	MUST(b->no_cache == (a->no_cache || a->no_cache_fields.n > 0));
	MUST(b->is_private == a->is_private);
	MUST(b->s_maxage == a->s_maxage);
	MUST(b->is_public == a->is_public);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char more[] = "Cache-Control: max-age=0, no-store, "
	    "min-fresh=2147483648, no-cache=\"x\"\r\n";
	struct slice value = {(const char *)bytes, n};
	struct cachecontrol alone, both;

	if (n > TEXT_MAX)
		return 0;
	if (make("", value, "CDN-Cache-Control")) {
		cachecontrol_targeted(&h, &alone);
		check_bounds(&alone);
	}
	if (!make("", value, "Cache-Control") || h.nfields != 1)
		return 0;
	cachecontrol_of(&h, true, &alone);
	check_bounds(&alone);
	MUST(make(more, value, "Cache-Control"));
	cachecontrol_of(&h, false, &both);
	check_bounds(&both);
	if (!alone.no_cache && alone.no_cache_fields.n == 0)
		MUST(slice_eq(both.no_cache_fields, SLICE("x")));
	check_stricter(&alone, &both);
	return 0;
}
