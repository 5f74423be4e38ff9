/* SPDX-License-Identifier: BSD-2-Clause */
/* Values with units: durations, sizes, rates and percentages. */
#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>

#define SHARE_PERCENT 10000 /* of a million */
#define SHARE_DIGITS 4

struct unit {
	struct slice name;
	uint64_t worth;
};

/* From large to small, so that a value is printed in the largest it can. */
static const struct unit times[] = {
	{{"d", 1}, 24 * 60 * 60 * 1000},
	{{"h", 1}, 60 * 60 * 1000},
	{{"m", 1}, 60 * 1000},
	{{"s", 1}, 1000},
	{{"ms", 2}, 1},
	{{NULL, 0}, 0},
};

static const struct unit sizes[] = {
	{{"G", 1}, 1 << 30},
	{{"M", 1}, 1 << 20},
	{{"k", 1}, 1 << 10},
	{{"B", 1}, 1},
	{{NULL, 0}, 0},
};

static const char time_rule[] = "is no duration; write a number with ms, s, "
	"m, h or d, as \"30s\"";
static const char size_rule[] = "is no size; write a number with B, k, M or "
	"G, as \"64M\"";

static const struct unit *find_unit(const struct unit *units, struct slice s)
{
	for (; units->worth; units++)
		if (slice_eq(units->name, s))
			return units;
	return NULL;
}

static const char *parse(const struct unit *units, const char *rule,
    struct slice text, uint64_t *out)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < text.n && text.p[digits] >= '0'
	    && text.p[digits] <= '9')
		digits++;
	if (digits == 0)
		return rule;
	if (!slice_u64(slice_make(text.p, digits), &number))
		return "is too large";
	if (digits == text.n && number == 0) {
		*out = 0;
		return NULL;
	}
	const struct unit *unit = find_unit(units,
	    slice_make(text.p + digits, text.n - digits));
	if (unit == NULL)
		return rule;
	if (number > UINT64_MAX / unit->worth)
		return "is too large";
	*out = number * unit->worth;
	return NULL;
}

const char *value_parse_time(struct slice text, uint64_t *out)
{
	return parse(times, time_rule, text, out);
}

const char *value_parse_size(struct slice text, uint64_t *out)
{
	return parse(sizes, size_rule, text, out);
}

/* Digits behind the point are of a percent's ten-thousandths. */
static bool parse_fraction(struct slice digits, uint64_t *out)
{
	uint64_t v;

	if (digits.n == 0 || digits.n > SHARE_DIGITS
	    || !slice_u64(digits, &v))
		return false;
	for (size_t i = digits.n; i < SHARE_DIGITS; i++)
		v *= 10;
	*out = v;
	return true;
}

const char *value_parse_share(struct slice text, uint64_t *out)
{
	static const char rule[] = "is no percentage; write 0% to 100%, as "
		"\"50%\" or \"0.1%\"";
	struct slice rest = text;
	uint64_t whole, part = 0;

	if (!slice_ends(text, SLICE("%")))
		return rule;
	rest.n--;
	bool point = memchr(rest.p, '.', rest.n) != NULL;
	if (!slice_u64(slice_cut(&rest, '.'), &whole) || whole > 100
	    || (point && !parse_fraction(rest, &part)))
		return rule;
	whole = whole * SHARE_PERCENT + part;
	if (whole > 100 * SHARE_PERCENT)
		return rule;
	*out = whole;
	return NULL;
}

const char *value_parse_rate(struct slice text, uint64_t *out)
{
	static const char rule[] = "is no rate; write a number with /s or "
		"/m, as \"500/s\"";
	struct slice rest = text;
	struct slice digits = slice_cut(&rest, '/');
	bool minute = slice_eq(rest, SLICE("m"));
	uint64_t v;

	if (!slice_u64(digits, &v))
		return rule;
	if (!minute && !slice_eq(rest, SLICE("s"))
	    && !(v == 0 && digits.n == text.n))
		return rule;
	*out = minute ? v / 60 + (v % 60 > 0) : v;
	return NULL;
}

static const char *format(const struct unit *units, uint64_t v, char *to)
{
	if (v == 0) {
		memcpy(to, "0", 2);
		return to;
	}
	while (v % units->worth)
		units++;
	snprintf(to, VALUE_TEXT, "%" PRIu64 "%s", v / units->worth,
	    units->name.p);
	return to;
}

const char *value_format_time(uint64_t v, char *to)
{
	return format(times, v, to);
}

const char *value_format_size(uint64_t v, char *to)
{
	return format(sizes, v, to);
}

const char *value_format_share(uint64_t v, char *to)
{
	int n = snprintf(to, VALUE_TEXT, "%" PRIu64 ".%04" PRIu64,
	    v / SHARE_PERCENT, v % SHARE_PERCENT);

	while (to[n - 1] == '0')
		n--;
	if (to[n - 1] == '.')
		n--;
	memcpy(to + n, "%", 2);
	return to;
}

const char *value_format_rate(uint64_t v, char *to)
{
	snprintf(to, VALUE_TEXT, v ? "%" PRIu64 "/s" : "%" PRIu64, v);
	return to;
}
