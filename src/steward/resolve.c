/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of backends: looked up again and again, and brought to the board. */
#include "steward/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "shm/lobby.h"
#include "steward/inquiry.h"
#include "steward/member.h"
#include "steward/question.h"
#include "steward/stale.h"
#include "steward/watch.h"

#define LONGEST_MS 5000 /* a lookup */
#define EARLY_MS 300    /* then a first answer counts without its rest */
#define START_MS 2000   /* then the family starts without an answer */
#define LEAST_MS 1000   /* between two lookups */
#define NONE_MOST 3     /* "there is none", in a row */
#define TEXT_ROOM 512

/* Each is looked up once, however many backends have it. */
struct name {
	const char *text;
	bool srv;
	const struct conf_backend **users; /* member 0 of each */
	unsigned nusers;
	uint32_t every; /* ms, at most */
	uint64_t due;   /* clock_ms of the next lookup */
	uint32_t wait;  /* ms before the last repetition; 0: it went well */
	unsigned none;  /* answers in a row that there is no such name */
	bool settled;   /* it has an address, or was looked up once */
	bool failing, too_many; /* the log has been told */
	bool early;     /* a part of the answer counts already */
	struct inquiry *inquiry; /* NULL: none is under way */
};

static const struct conf *conf;
static struct name *names;
static unsigned nnames;
static const struct conf_backend **users;
static uint64_t began;
static uint32_t luck;
static uint64_t looks_at; /* clock_ms */
static bool had_no_room, has_ended, has_moved; /* in this look */

/* ---- From the configuration ---- */

static int by_name(const void *one, const void *other)
{
	const struct conf_backend *a = *(const struct conf_backend *const *)one;
	const struct conf_backend *b =
	    *(const struct conf_backend *const *)other;
	int order = (int)a->srv - (int)b->srv;

	if (order == 0)
		order = strcasecmp(a->lookup.p, b->lookup.p);
	return order ? order : a->index < b->index ? -1 : 1;
}

/* Counts the backends that are the first of a name, and lists them. */
static unsigned list_users(const struct conf_backend **to)
{
	unsigned n = 0;

	for (unsigned p = 0; p < conf->npools; p++)
		for (unsigned i = 0; i < conf->pools[p].nbackends; i++) {
			const struct conf_backend *b =
			    &conf->pools[p].backends[i];
			if (b->lookup.n == 0 || b->member != 0)
				continue;
			if (to)
				to[n] = b;
			n++;
		}
	return n;
}

static bool is_somewhere(const struct name *name)
{
	for (unsigned i = 0; i < name->nusers; i++)
		if (!member_is_somewhere(name->users[i]))
			return false;
	return true;
}

static void add_user(unsigned i)
{
	const struct conf_backend *b = users[i];
	struct name *name = &names[nnames ? nnames - 1 : 0];
	uint32_t every = conf->pools[b->pool].resolve;

	if (nnames == 0 || name->srv != b->srv
	    || strcasecmp(name->text, b->lookup.p) != 0) {
		name = &names[nnames++];
		name->text = b->lookup.p;
		name->srv = b->srv;
		name->users = &users[i];
		name->every = every;
	}
	if (every < name->every)
		name->every = every;
	if (name->every < LEAST_MS)
		name->every = LEAST_MS;
	name->nusers++;
}

void resolve_init(const struct conf *c)
{
	conf = c;
	free(names);
	free(users);
	names = NULL;
	users = NULL;
	nnames = 0;
	looks_at = UINT64_MAX;
	began = clock_ms();
	luck = ((uint32_t)clock_us() ^ (uint32_t)getpid() << 16) | 1;
	stale_init(conf);
	unsigned n = list_users(NULL);
	if (n == 0)
		return;
	names = calloc(n, sizeof *names);
	users = calloc(n, sizeof *users);
	if (names == NULL || users == NULL || !inquiry_init(conf))
		die("no memory for the names of backends");
	list_users(users);
	qsort(users, n, sizeof *users, by_name);
	for (unsigned i = 0; i < n; i++)
		add_user(i);
	for (unsigned i = 0; i < nnames; i++)
		names[i].settled = is_somewhere(&names[i]);
	looks_at = 0;
}

/* ---- What an answer changes ---- */

/* Up to a tenth more, so that names do not come all at once. */
static uint64_t in_about(uint64_t now, uint64_t ms)
{
	luck ^= luck << 13;
	luck ^= luck >> 17;
	luck ^= luck << 5;
	return now + ms + luck % (ms / 10 + 1);
}

static void tell_place(const struct conf_backend *b, const char *name)
{
	char text[TEXT_ROOM];

	member_format(b, text, sizeof text);
	log_info("%s/%s: %s is at %s", b->pool_name, b->name, name,
	    text[0] ? text : "no address");
}

static void look_at_members(const struct conf_backend *first, uint64_t now)
{
	for (unsigned i = 0; i < first->members; i++)
		watch_changed(&conf->pools[first->pool], first + i, now);
}

static void follow(struct name *name, struct open open, uint64_t now)
{
	struct inquiry *q = name->inquiry;
	unsigned most = 0;

	inquiry_sort(q);
	for (unsigned i = 0; i < name->nusers; i++) {
		const struct conf_backend *b = name->users[i];
		bool changed = false;
		unsigned left = member_follow(b, q->found, q->n, open,
		    &changed);
		most = left > most ? left : most;
		if (left && !name->too_many)
			log_warn("%s/%s: %s has %u addresses more than the %u "
			    "that are used of it (addresses)", b->pool_name,
			    b->name, name->text, left, b->members);
		if (changed) {
			tell_place(b, name->text);
			look_at_members(b, now);
			has_moved = true;
		}
	}
	name->too_many = most > 0;
	name->settled = true;
}

static void repeat_soon(struct name *name, uint64_t now)
{
	name->wait = name->wait ? name->wait * 2 : LEAST_MS;
	if (name->wait > name->every)
		name->wait = name->every;
	name->due = in_about(now, name->wait);
}

static void went_well(struct name *name, uint64_t now)
{
	uint64_t ms = (uint64_t)name->inquiry->ttl * 1000;

	follow(name, inquiry_open(name->inquiry), now);
	if (name->failing)
		log_info("%s can be looked up again", name->text);
	name->failing = false;
	name->none = 0;
	name->wait = 0;
	if (ms > name->every)
		ms = name->every;
	name->due = in_about(now, ms < LEAST_MS ? LEAST_MS : ms);
}

static bool clear(const struct name *name, uint64_t now)
{
	bool had = false;

	for (unsigned i = 0; i < name->nusers; i++) {
		if (!member_clear(name->users[i]))
			continue;
		look_at_members(name->users[i], now);
		had = has_moved = true;
	}
	return had;
}

static bool has_any(const struct name *name)
{
	for (unsigned i = 0; i < name->nusers; i++)
		if (member_is_somewhere(name->users[i]))
			return true;
	return false;
}

static void went_wrong(struct name *name, uint64_t now, bool failed)
{
	const char *why = name->inquiry->why;

	name->none = failed ? 0 : name->none + 1;
	if (!name->failing)
		log_warn("%s cannot be looked up: %s; %s", name->text, why,
		    has_any(name) ? "the addresses that it had are used"
		    : "it has no address yet");
	name->failing = true;
	if (name->none >= NONE_MOST && clear(name, now))
		log_warn("%s has no address any more: %s, %u times", name->text,
		    why, name->none);
	if (name->none > NONE_MOST)
		name->none = NONE_MOST;
	repeat_soon(name, now);
}

static void conclude(struct name *name, uint64_t now)
{
	struct inquiry *q = name->inquiry;

	if (q->n)
		went_well(name, now);
	else
		went_wrong(name, now, q->failed.v4 || q->failed.v6);
	name->settled = true;
	inquiry_end(q);
	name->inquiry = NULL;
	name->early = false;
	has_ended = true;
}

/* ---- The look ---- */

void resolve_stop(void)
{
	question_close();
	for (unsigned i = 0; i < nnames; i++) {
		if (names[i].inquiry)
			inquiry_end(names[i].inquiry);
		names[i].inquiry = NULL;
	}
}

static bool is_over(struct name *name, uint64_t now)
{
	struct inquiry *q = name->inquiry;

	inquiry_go_on(q);
	if (inquiry_is_whole(q))
		return true;
	if (now - q->began >= LONGEST_MS) {
		inquiry_give_up(q);
		return true;
	}
	if (q->n && !name->early && now - q->began >= EARLY_MS) {
		follow(name, inquiry_open(q), now);
		name->early = true;
	}
	return false;
}

/* Returns when to look at it again. */
static uint64_t look_at(struct name *name, uint64_t now, bool newest)
{
	if (name->inquiry == NULL && now >= name->due && !had_no_room
	    && (newest || !name->settled)) {
		name->inquiry = inquiry_begin(name->text, name->srv, now);
		had_no_room = name->inquiry == NULL;
	}
	if (name->inquiry && is_over(name, now))
		conclude(name, now);
	if (name->inquiry) /* an answer calls us anyway */
		return name->inquiry->began + (now - name->inquiry->began
		    < EARLY_MS ? EARLY_MS : LONGEST_MS);
	/* one that found no room begins when another has ended */
	return name->due > now ? name->due : now + LEAST_MS;
}

static uint64_t look_at_all(uint64_t now, bool newest)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < nnames; i++) {
		uint64_t at = look_at(&names[i], now, newest);
		next = at < next ? at : next;
	}
	uint64_t at = question_look(now);
	if (had_no_room && has_ended)
		return now;
	return at < next ? at : next;
}

static uint64_t look(uint64_t now)
{
	uint64_t next = UINT64_MAX;
	bool newest = watch_is_newest();

	had_no_room = has_ended = has_moved = false;
	if (newest || !atomic_load(&lobby.head->ready))
		next = look_at_all(now, newest);
	else
		resolve_stop(); /* a younger family asks now */
	uint64_t at = stale_look(now, has_moved);
	return at < next ? at : next;
}

uint64_t resolve_look(uint64_t now)
{
	if (nnames && now >= looks_at)
		looks_at = look(now);
	return looks_at;
}

/* What has come is for the next look, which follows at once. */
void resolve_event(unsigned row, uint32_t events)
{
	question_event((int)row, events);
	looks_at = 0;
}

bool resolve_is_settled(uint64_t now)
{
	if (now - began >= START_MS)
		return true;
	for (unsigned i = 0; i < nnames; i++)
		if (!names[i].settled)
			return false;
	return true;
}
