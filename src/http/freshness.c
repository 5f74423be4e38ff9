/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges responses for a shared cache, and what is stored for requests. */
#include "http/freshness.h"

#include <stddef.h>

#include "http/date.h"
#include "http/etag.h"
#include "http/field.h"
#include "http/status.h"
#include "http/token.h"

#define SECONDS_MOST INT64_C(0x80000000) /* RFC 9111, 1.2.2 */
#define DAY 86400
#define HEURISTIC_MOST DAY
#define CLOCK_SLACK 60 /* that clocks are set back by, now and then */
#define TIME_MOST INT64_C(253402300799) /* the end of the year 9999 */

/* What a response says, each thing read once. */
struct said {
	const struct head *h;
	struct cachecontrol cc;
	bool targeted;      /* by CDN-Cache-Control: Expires does not count */
	int64_t received, date;
	bool accel;         /* X-Accel-Expires says when it ends */
	int64_t accel_lifetime;
};

static int64_t between(int64_t least, int64_t x, int64_t most)
{
	return x < least ? least : x > most ? most : x;
}

/* The sum of two that are not negative. */
static int64_t add(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* Seconds from a to b, both of the epoch; not negative. */
static int64_t since(int64_t a, int64_t b)
{
	a = between(0, a, TIME_MOST);
	b = between(0, b, TIME_MOST);
	return between(0, b - a, SECONDS_MOST);
}

static bool find_date(const struct head *h, enum field_id id, int64_t now,
    int64_t *to)
{
	const struct field *f = head_find(h, id);
	time_t date;

	if (!f || !date_parse(f->value, (time_t)now, &date))
		return false;
	*to = date;
	return true;
}

/* Digits only; as long as it likes. */
static bool parse_seconds(struct slice s, int64_t *to)
{
	uint64_t value;

	if (!token_all(s, TOKEN_DIGIT))
		return false;
	if (!slice_u64(s, &value) || value > (uint64_t)TIME_MOST)
		value = (uint64_t)TIME_MOST;
	*to = (int64_t)value;
	return true;
}

/* Seconds from now, or "@" and a time of the epoch: what else it says does not
 * count. */
static void read_accel(struct said *s)
{
	struct slice value = head_value(s->h, FIELD_X_ACCEL_EXPIRES);
	int64_t seconds;

	if (value.n > 0 && value.p[0] == '@') {
		s->accel = parse_seconds(slice_make(value.p + 1, value.n - 1),
		    &seconds);
		seconds = s->accel ? since(s->received, seconds) : 0;
	} else {
		s->accel = parse_seconds(value, &seconds);
	}
	if (s->accel)
		s->accel_lifetime = between(0, seconds, SECONDS_MOST);
}

static void read_said(struct said *s, const struct head *h, int64_t received)
{
	*s = (struct said){.h = h, .received = received};
	s->targeted = cachecontrol_of_response(h, &s->cc);
	if (!find_date(h, FIELD_DATE, received, &s->date))
		s->date = received;
	read_accel(s);
}

/* The first of several counts; what is no number does not (RFC 9111, 5.1). */
static int64_t age_said(const struct head *h)
{
	struct slice value = head_value(h, FIELD_AGE), first;
	int64_t age;

	if (!field_next_item(&value, &first) || !parse_seconds(first, &age))
		return 0;
	return between(0, age, SECONDS_MOST);
}

/* Date tells an age where the clocks agree (RFC 9111, 4.2.3). One that is days
 * behind, of which no cache on the way has said an Age, is of a clock that does
 * not; the lifetime must then be one that is not counted from it. */
static bool clocks_agree(const struct said *s)
{
	bool counts_from_here = s->accel || s->cc.max_age != CACHECONTROL_NONE
	    || s->cc.s_maxage != CACHECONTROL_NONE;

	return since(s->date, s->received) <= DAY || !counts_from_here
	    || head_has(s->h, FIELD_AGE);
}

/* corrected_initial_age (RFC 9111, 4.2.3) */
static int64_t initial_age(const struct said *s, int64_t asked)
{
	int64_t apparent = clocks_agree(s) ? since(s->date, s->received) : 0;
	int64_t corrected = add(age_said(s->h), since(asked, s->received));

	return apparent > corrected ? apparent : corrected;
}

/* Of several the earliest; one that is no date is past (RFC 9111, 5.3). */
static int64_t expires_in(const struct said *s)
{
	int64_t lifetime = SECONDS_MOST;
	const struct field *f;
	time_t at;

	for (f = head_find(s->h, FIELD_EXPIRES); f;
	    f = head_find_next(s->h, f)) {
		if (!date_parse(f->value, (time_t)s->received, &at))
			return 0;
		lifetime = between(0, since(s->date, at), lifetime);
	}
	return lifetime;
}

/* False: it does not say how long it may be used. */
static bool find_explicit(const struct said *s, int64_t *lifetime)
{
	if (s->accel)
		*lifetime = s->accel_lifetime;
	else if (s->cc.s_maxage != CACHECONTROL_NONE)
		*lifetime = s->cc.s_maxage;
	else if (s->cc.max_age != CACHECONTROL_NONE)
		*lifetime = s->cc.max_age;
	else if (!s->targeted && head_has(s->h, FIELD_EXPIRES))
		*lifetime = expires_in(s);
	else
		return false;
	return true;
}

static bool is_known(unsigned status)
{
	return status >= 200 && *status_reason(status) != '\0';
}

/* May we guess? Of failures nobody does: they are to end soon. */
static bool is_guessable(const struct said *s)
{
	switch (s->h->status) {
	case 200:
	case 203:
	case 204:
	case 300:
	case 301:
	case 308:
		return true;
	default:
		return s->cc.is_public && s->h->status < 400 &&
		    is_known(s->h->status);
	}
}

/* The operator's word, or a tenth of the time for which it has not changed
 * (RFC 9111, 4.2.2). */
static int64_t guess(const struct said *s, const struct freshness_rules *rules)
{
	int64_t modified;

	if (!is_guessable(s))
		return 0;
	if (rules->default_ttl > 0)
		return rules->default_ttl;
	if (!find_date(s->h, FIELD_LAST_MODIFIED, s->received, &modified))
		return 0;
	return between(0, since(modified, s->date) / 10, HEURISTIC_MOST);
}

static int64_t window(int64_t said, int64_t rule)
{
	return between(0, said != CACHECONTROL_NONE ? said : rule,
	    SECONDS_MOST);
}

/* What says that it is never fresh is for one client, often, though it does not
 * say private: only its own word makes it anything for others, unasked for.
 * X-Accel-Expires is above no-cache, and counts from when it came. max_ttl is
 * of the time that we keep it, not of what others did. */
static void measure(const struct said *s, const struct freshness_rules *rules,
    int64_t asked, struct freshness *to)
{
	const struct cachecontrol *cc = &s->cc;
	int64_t lifetime = 0;

	*to = (struct freshness){.received = s->received,
	    .age = initial_age(s, asked)};
	to->delay = between(0, since(asked, s->received), to->age);
	to->heuristic = !find_explicit(s, &lifetime);
	if (to->heuristic)
		lifetime = guess(s, rules);
	if (s->accel && lifetime > 0)
		lifetime = add(lifetime, to->age);
	to->lifetime = between(0, lifetime, add(to->age,
	    between(0, rules->max_ttl, SECONDS_MOST)));
	bool never = !to->heuristic && lifetime == 0;
	to->stale_while_revalidate = window(cc->stale_while_revalidate,
	    never ? 0 : rules->stale_while_revalidate);
	to->stale_if_error = window(cc->stale_if_error,
	    never ? 0 : rules->stale_if_error);
	to->validate = cc->no_cache && !s->accel;
	to->strict = cc->must_revalidate || cc->proxy_revalidate ||
	    cc->s_maxage != CACHECONTROL_NONE || s->h->status >= 500 ||
	    !is_known(s->h->status) || (never
	    && to->stale_while_revalidate == 0 && to->stale_if_error == 0);
}

static bool has_validator(const struct said *s)
{
	int64_t modified;

	return etag_is_valid(head_value(s->h, FIELD_ETAG)) ||
	    find_date(s->h, FIELD_LAST_MODIFIED, s->received, &modified);
}

/* What the record leaves out nobody gets. */
static bool has_cookies(const struct said *s)
{
	const struct slice name = field_name(FIELD_SET_COOKIE);

	return head_has(s->h, FIELD_SET_COOKIE) &&
	    !field_has_item(s->cc.no_cache_fields, name) &&
	    !field_has_item(s->cc.private_fields, name);
}

static bool is_for_all(const struct cachecontrol *cc)
{
	return cc->is_public || cc->must_revalidate ||
	    cc->s_maxage != CACHECONTROL_NONE;
}

bool freshness_is_for_all(const struct head *response)
{
	struct cachecontrol cc;

	cachecontrol_of_response(response, &cc);
	return is_for_all(&cc);
}

/* What speaks of how, or how often, one client has asked, and not of what there
 * is: with it anybody could take a page from all (RFC 6585, 3 to 6). */
static bool is_of_request(unsigned status)
{
	switch (status) {
	case 408: case 412: case 413: case 416: case 417: case 425:
	case 428: case 429: case 431: case 511:
		return true;
	default:
		return false;
	}
}

/* What the response itself forbids; NULL: nothing. */
static const char *find_ban(const struct said *s)
{
	const struct cachecontrol *cc = &s->cc;
	const unsigned status = s->h->status;

	if (status < 200 || status == 206 || status == 304
	    || is_of_request(status))
		return "status";
	if (has_cookies(s))
		return "set-cookie";
	if (s->accel)
		return s->accel_lifetime == 0 ? "x-accel-expires" : NULL;
	if (cc->must_understand && !is_known(status))
		return "must-understand";
	if (cc->no_store && !cc->must_understand)
		return "no-store";
	return cc->is_private ? "private" : NULL;
}

/* Is it of any use: to who has waited for it, or later? */
static const char *find_use(const struct said *s, const struct freshness *f)
{
	bool fresh = f->lifetime > f->age - f->delay && !f->validate;
	bool lent = !f->strict && !f->validate &&
	    (f->stale_while_revalidate > 0 || f->stale_if_error > 0);

	if (f->heuristic && f->lifetime == 0 && !f->validate)
		return "no-lifetime";
	if (fresh || lent || has_validator(s))
		return NULL;
	return f->validate ? "no-cache" : "stale";
}

enum freshness_store freshness_of(const struct head *request,
    const struct head *response, const struct freshness_rules *rules,
    int64_t asked, int64_t received, struct freshness *to, const char **why)
{
	struct cachecontrol wanted;
	struct said s;

	read_said(&s, response, received);
	if ((*why = find_ban(&s)) != NULL)
		return STORE_NEVER;
	measure(&s, rules, asked, to);
	if ((*why = find_use(&s, to)) != NULL)
		return to->lifetime > 0 && !to->validate ? STORE_NO
		    : STORE_NEVER;
	cachecontrol_of(request, true, &wanted);
	if (wanted.no_store)
		*why = "request-no-store";
	else if (head_has(request, FIELD_AUTHORIZATION) && !is_for_all(&s.cc))
		*why = "authorization";
	return *why ? STORE_NO : STORE_YES;
}

bool freshness_renew(const struct head *response,
    const struct freshness_rules *rules, int64_t asked, int64_t received,
    struct freshness *to)
{
	struct said s;

	read_said(&s, response, received);
	measure(&s, rules, asked, to);
	return find_ban(&s) == NULL;
}

int64_t freshness_age(const struct freshness *f, int64_t now)
{
	return add(between(0, f->age, INT64_MAX), since(f->received, now));
}

/* Does the client want it so old, or so near its end (RFC 9111, 5.2.1)? What is
 * just stored is part of a second old. */
static bool suits(const struct cachecontrol *request, int64_t age,
    int64_t left)
{
	if (request->max_age == 0)
		return false;
	if (request->max_age != CACHECONTROL_NONE && age > request->max_age)
		return false;
	return request->min_fresh == CACHECONTROL_NONE ||
	    left >= request->min_fresh;
}

/* Ages are whole seconds, rounded down: what has been stale for s of them may
 * have been so for nearly s + 1. */
static enum freshness_use use_stale(const struct freshness *f, int64_t stale,
    const struct cachecontrol *request, bool suited, int64_t max_stale)
{
	if (suited && request->max_stale != CACHECONTROL_NONE &&
	    stale < request->max_stale)
		return USE_STALE;
	if (suited && stale < f->stale_while_revalidate)
		return USE_AND_RENEW;
	if (stale < f->stale_if_error || stale < request->stale_if_error)
		return USE_IF_ERROR;
	return stale < max_stale ? USE_IF_DOWN : USE_NOT;
}

/* Who says no-cache would rather have it asked for (RFC 9111, 5.2.1.4), and
 * rather have it than nothing. */
enum freshness_use freshness_use(const struct freshness *f, int64_t now,
    const struct cachecontrol *request, bool invalid, int64_t max_stale)
{
	int64_t age = freshness_age(f, now);
	int64_t lifetime = between(0, f->lifetime, INT64_MAX);
	int64_t stale = age > lifetime ? age - lifetime : 0;
	bool suited = suits(request, age, lifetime - age);
	bool fresh = !invalid && lifetime > age;

	/* stored in a time that is still to come: nobody knows how old it is */
	if (f->received > add(between(0, now, INT64_MAX), CLOCK_SLACK))
		return USE_NOT;
	if (f->validate || (f->strict && !fresh))
		return USE_NOT;
	if (request->no_cache)
		return stale < max_stale ? USE_IF_DOWN : USE_NOT;
	if (fresh)
		return suited ? USE_FRESH : USE_IF_ERROR;
	return use_stale(f, stale, request, suited, max_stale);
}
