/* SPDX-License-Identifier: BSD-2-Clause */
/* Weighs a media type by the ranges of an Accept. */
#include "http/accept.h"

#include <stdbool.h>

#include "http/field.h"
#include "http/token.h"

/* How closely a range names a type; the last one is the closest. */
enum fit { FIT_NOT, FIT_ALL, FIT_MAJOR, FIT_PARAMETERS, FIT_TYPE };

struct range {
	struct slice major, minor;
	bool parameters; /* it has some of its own, before the weight */
	bool weighed;
	unsigned weight;
};

/* Up to three decimals (RFC 9110, 12.4.2), in thousandths. */
static bool parse_weight(struct slice s, unsigned *weight)
{
	unsigned i, digit;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1'))
		return false;
	if (s.n > 1 && s.p[1] != '.')
		return false;
	*weight = (unsigned)(s.p[0] - '0') * ACCEPT_BEST;
	for (i = 2, digit = 100; i < s.n; i++, digit /= 10) {
		if (!token_has(s.p[i], TOKEN_DIGIT))
			return false;
		*weight += (unsigned)(s.p[i] - '0') * digit;
	}
	return *weight <= ACCEPT_BEST;
}

static bool is_value(struct slice s)
{
	return token_is(s) ||
	    (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"');
}

/* Behind the weight parameters are extensions, which may lack a value. */
static bool parse_parameter(struct slice text, struct range *r)
{
	struct slice name = slice_cut(&text, '=');

	if (!token_is(name) || (text.p && !is_value(text)))
		return false;
	if (r->weighed)
		return true;
	if (slice_caseeq(name, SLICE("q"))) {
		r->weighed = true;
		return parse_weight(text, &r->weight);
	}
	r->parameters = true;
	return text.p != NULL;
}

static bool is_any(struct slice s)
{
	return slice_eq(s, SLICE("*"));
}

static bool parse_range(struct slice text, struct range *r)
{
	struct slice part;

	*r = (struct range){.weight = ACCEPT_BEST};
	if (text.p[0] == ';' || !field_next_parameter(&text, &part))
		return false;
	r->major = slice_cut(&part, '/');
	r->minor = part;
	if (!token_is(r->major) || !token_is(r->minor))
		return false;
	if (is_any(r->major) && !is_any(r->minor))
		return false;
	while (field_next_parameter(&text, &part))
		if (!parse_parameter(part, r))
			return false;
	return true;
}

static enum fit fit_of(const struct range *r, struct slice major,
    struct slice minor)
{
	if (is_any(r->major))
		return FIT_ALL;
	if (!slice_caseeq(r->major, major))
		return FIT_NOT;
	if (is_any(r->minor))
		return FIT_MAJOR;
	if (!slice_caseeq(r->minor, minor))
		return FIT_NOT;
	return r->parameters ? FIT_PARAMETERS : FIT_TYPE;
}

unsigned accept_quality(struct slice accept_field_value, struct slice type)
{
	struct slice minor = slice_trim(slice_cut(&type, ';'));
	struct slice major = slice_cut(&minor, '/');
	struct slice element;
	struct range r;
	enum fit fit, best = FIT_NOT;
	unsigned quality = ACCEPT_BEST;

	while (field_next_item(&accept_field_value, &element)) {
		if (!parse_range(element, &r))
			continue;
		if (best == FIT_NOT)
			quality = 0;
		fit = fit_of(&r, major, minor);
		if (fit == FIT_NOT || fit < best)
			continue;
		if (fit > best || r.weight > quality)
			quality = r.weight;
		best = fit;
	}
	return quality;
}
