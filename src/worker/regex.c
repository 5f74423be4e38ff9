/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions of the configuration, run on what clients send. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "worker/regex.h"

#include <pcre2.h>

#include "base/log.h"

#define STEPS_MOST 100000
#define DEPTH_MOST 1000

/* Match data is private memory that no wait is crossed with. */
static pcre2_match_data *match;
static pcre2_match_context *limits;

static void init(void)
{
	match = pcre2_match_data_create(CAPTURES, NULL);
	limits = pcre2_match_context_create(NULL);
	MUST(match != NULL && limits != NULL);
	pcre2_set_match_limit(limits, STEPS_MOST);
	pcre2_set_depth_limit(limits, DEPTH_MOST);
}

static void keep(struct captures *groups, unsigned n)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(match);

	for (unsigned i = 0; i < CAPTURES; i++) {
		bool set = i < n && v[2 * i] != PCRE2_UNSET;
		groups->from[i] = set ? (uint16_t)v[2 * i] : 0;
		groups->to[i] = set ? (uint16_t)v[2 * i + 1] : 0;
	}
}

enum match regex_run(const struct conf_regex *re, struct slice s,
    struct captures *groups)
{
	if (match == NULL)
		init();
	int n = pcre2_match(re->code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0, 0,
	    match, limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return NO;
	if (n < 0)
		return FAILED;
	if (groups != NULL) /* 0: more groups than we keep */
		keep(groups, n ? (unsigned)n : CAPTURES);
	return YES;
}

struct slice regex_group(const struct captures *groups, struct slice s,
    unsigned n)
{
	MUST(n < CAPTURES);
	unsigned from = groups->from[n], to = groups->to[n];
	if (from >= to || to > s.n)
		return slice_make("", 0);
	return slice_make(s.p + from, to - from);
}
