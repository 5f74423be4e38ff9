/* SPDX-License-Identifier: BSD-2-Clause */
/* Health: what check after check says of a backend, by rise and fall. */
#include "steward/health.h"

#include <stdio.h>

#include "shm/board.h"
#include "steward/watch.h"

#define FAST_MS 100

static enum board_health health_of(const struct conf_backend *b)
{
	return (enum board_health)atomic_load(&board_of(b)->health);
}

/* What the good ones of a backend in this state make of it. */
static enum board_health after_good(const struct health *h,
    const struct conf_pool *pool, enum board_health is,
    enum board_health wanted)
{
	return is == HEALTH_DOWN && h->good < pool->health.rise ? is : wanted;
}

static enum board_health after_bad(const struct health *h,
    const struct conf_pool *pool, enum board_health is)
{
	return is != HEALTH_UNKNOWN && h->bad < pool->health.fall
	    ? is : HEALTH_DOWN;
}

static void say(char *to, const char *why, const struct health *h,
    enum board_health health)
{
	if (health == HEALTH_UP)
		snprintf(to, BOARD_WHY, "%u good check%s", h->good,
		    h->good == 1 ? "" : "s");
	else if (health == HEALTH_DOWN && h->bad > 1)
		snprintf(to, BOARD_WHY, "%s, %u times", why, h->bad);
	else
		snprintf(to, BOARD_WHY, "%s", why);
}

/* Checks that have always been good know nothing of what requests die of, but
 * for connections. */
static bool ends_by_checks(const struct health *h,
    const struct conf_pool *pool, const struct conf_backend *b)
{
	return pool->health.path.n
	    && (h->saw || atomic_load(&board_of(b)->unreachable));
}

/* Good ones of before the ejection do not count. */
static bool end_ejection(struct health *h, const struct conf_pool *pool,
    const struct conf_backend *b, bool good, uint64_t now)
{
	uint64_t until = atomic_load(&board_of(b)->ejected_until);
	char why[BOARD_WHY];

	if (!good)
		h->saw = true;
	else if (until <= now)
		h->saw = false;
	if (!good || until <= now || until != h->ejection
	    || !ends_by_checks(h, pool, b))
		h->after = 0;
	h->ejection = until;
	if (!good || until <= now || !ends_by_checks(h, pool, b)
	    || ++h->after < pool->health.rise)
		return false;
	snprintf(why, sizeof why, "%u good check%s", h->after,
	    h->after == 1 ? "" : "s");
	return watch_end_ejection(pool, b, now, why);
}

bool health_note(struct health *h, const struct conf_pool *pool,
    const struct conf_backend *b, enum check_result result, const char *why,
    uint64_t now)
{
	enum board_health is = health_of(b), becomes;
	bool good = result != CHECK_BAD;
	char text[BOARD_WHY];

	h->good = good ? h->good + 1 : 0;
	h->bad = good ? 0 : h->bad + 1;
	if (is == HEALTH_UNKNOWN) /* another address: it is the first one */
		h->good = good, h->bad = !good;
	bool ended = end_ejection(h, pool, b, good, now);
	becomes = !good ? after_bad(h, pool, is) : after_good(h, pool, is,
	    result == CHECK_DRAIN ? HEALTH_DRAIN : HEALTH_UP);
	if (becomes == is)
		return ended;
	say(text, why, h, becomes);
	board_set_health(b, becomes, text);
	return true;
}

static bool is_changing(const struct health *h, const struct conf_backend *b,
    uint64_t now)
{
	enum board_health is = health_of(b);

	return (is == HEALTH_DOWN ? h->good > 0 : h->bad > 0)
	    || atomic_load(&board_of(b)->ejected_until) > now;
}

uint32_t health_interval(const struct health *h, const struct conf_pool *pool,
    const struct conf_backend *b, uint64_t now)
{
	uint32_t fast = pool->health.interval / 2;
	uint32_t ms = health_of(b) == HEALTH_DOWN
	    && pool->health.interval_down ? pool->health.interval_down
	    : pool->health.interval;

	if (!is_changing(h, b, now))
		return ms;
	if (fast < FAST_MS)
		fast = FAST_MS;
	return fast < ms ? fast : ms;
}
