/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes: the newest steward asks backends how they are. */
#include "steward/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/timers.h"
#include "net/connect.h"
#include "shm/board.h"
#include "shm/lobby.h"
#include "shm/slot.h"
#include "steward/probe_state.h"
#include "steward/sleep.h"
#include "steward/watch.h"

#define AT_ONCE 512  /* checks under way, and no more than */
#define SHARE 8      /* one of so many rows */
#define STARTS 64    /* in one look */
#define HURRY_MS 250
#define FIRST_MS 1000 /* the first checks are spread over so long at most */
#define LEAST_MS 10  /* from the end of one to the next */
#define CALL_AGAIN_MS 10
#define GATE_MS 1000 /* until its gate must have spoken, behind its time */

static struct probe *probes; /* by conf_backend.index */
static unsigned nprobes;
static struct timers starts, ends, again;
static unsigned under_way, most;
static bool goes;      /* this family is the newest */
static bool told_short;
static uint64_t chance;

static void free_words(struct probe *p)
{
	free(p->request);
	p->request = NULL;
	check_free(&p->check);
}

/* An heir has a copy of what its steward had when it made him. */
static void forget_all(void)
{
	for (unsigned i = 0; i < nprobes; i++)
		free_words(&probes[i]);
	free(probes);
	timers_fini(&starts);
	timers_fini(&ends);
	timers_fini(&again);
	under_way = 0;
	goes = told_short = false;
}

static void set_pool(const struct conf_pool *pool)
{
	for (unsigned i = 0; i < pool->nbackends && pool->health.on; i++) {
		struct probe *p = &probes[pool->backends[i].index];
		p->pool = pool;
		p->b = &pool->backends[i];
	}
}

void probe_init(const struct conf *conf)
{
	forget_all();
	nprobes = conf->nbackends;
	probes = calloc(nprobes + 1, sizeof *probes);
	if (probes == NULL || !timers_init(&starts, nprobes)
	    || !timers_init(&ends, nprobes) || !timers_init(&again, nprobes))
		die("no memory to check backends with");
	for (unsigned i = 0; i < conf->npools; i++)
		set_pool(&conf->pools[i]);
	most = lobby.nrows / SHARE < AT_ONCE ? lobby.nrows / SHARE : AT_ONCE;
	chance = clock_us() | 1;
	/* what gates say yet is for who asked, not for his heir */
	for (unsigned i = 0; i < nprobes; i++)
		probes[i].serial = (uint32_t)chance;
}

/* From 0 to n - 1, or 0. That nobody foresees it does not matter. */
static uint64_t any_below(uint64_t n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return n ? chance % n : 0;
}

static unsigned index_of(const struct probe *p)
{
	return (unsigned)(p - probes);
}

/* ---- The end of a check ---- */

void probe_close(struct probe *p)
{
	enum step step = p->step;

	timers_clear(&ends, index_of(p));
	timers_clear(&again, index_of(p));
	free_words(p);
	if (step == STEP_NONE)
		return;
	p->step = STEP_NONE;
	under_way--;
	if (step != STEP_CALL)
		lobby_close(lobby_get(p->row));
}

/* 5% more or less, so that checks do not gather. */
static void plan(struct probe *p, uint64_t now)
{
	uint64_t ms = health_interval(&p->health, p->pool, p->b, now);

	if (ms > HURRY_MS && atomic_load(&board_of(p->b)->suspect))
		ms = HURRY_MS;
	uint64_t at = p->began_at + ms - ms / 20 + any_below(ms / 10);

	timers_set(&starts, index_of(p), at > now + LEAST_MS ? at
	    : now + LEAST_MS);
}

void probe_judge(struct probe *p, enum check_result result, const char *why)
{
	struct board_row *row = board_of(p->b);
	uint64_t now = clock_ms();

	atomic_fetch_add(&row->checks, 1);
	if (result == CHECK_BAD)
		atomic_fetch_add(&row->checks_failed, 1);
	if (health_note(&p->health, p->pool, p->b, result, why, now))
		watch_changed(p->pool, p->b, now);
	plan(p, now);
}

void probe_finish(struct probe *p, enum check_result result, const char *why)
{
	char kept[CHECK_WHY]; /* may be the check's own */

	snprintf(kept, sizeof kept, "%s", why);
	probe_close(p);
	probe_judge(p, result, kept);
}

void probe_fail_to_connect(struct probe *p, int error)
{
	char why[CHECK_WHY];

	snprintf(why, sizeof why, "connect: %s", strerror(error));
	probe_finish(p, CHECK_BAD, why);
}

/* Without a row, or a gate, there is no check, and so no result. */
static void skip(struct probe *p, uint64_t now, const char *why)
{
	if (!told_short)
		log_warn("%s/%s cannot be checked: %s", p->b->pool_name,
		    p->b->name, why);
	told_short = true;
	free_words(p);
	plan(p, now);
}

static void skip_call(struct probe *p)
{
	probe_close(p);
	skip(p, clock_ms(), "no gate takes its calls");
}

static void finish_late(struct probe *p)
{
	uint32_t ms = p->pool->health.timeout;
	char why[CHECK_WHY];

	snprintf(why, sizeof why, "%s within %u%s",
	    p->step == STEP_CONNECT && p->sent == 0 ? "no connection"
	    : p->check.has_head ? "no end of its answer" : "no answer",
	    ms % 1000 ? ms : ms / 1000, ms % 1000 ? "ms" : "s");
	probe_finish(p, CHECK_BAD, why);
}

/* Of a call the gate says that it is late: one that says nothing is dead,
 * stopped or full, whatever the backend does. */
static void time_is_up(struct probe *p)
{
	if (p->step == STEP_REST)
		probe_close(p);
	else if (p->step == STEP_CALL)
		skip_call(p);
	else
		finish_late(p);
}

/* Whose gate has died was not asked in all that time. */
static void be_told_late(struct probe *p)
{
	if (atomic_load(&lobby.head->gates_died) != p->gates_died)
		skip_call(p);
	else
		finish_late(p);
}

void probe_event(unsigned row, uint32_t events)
{
	unsigned i = atomic_load(&lobby_get(row)->backend);

	MUST(i < nprobes);
	struct probe *p = &probes[i];
	MUST(p->step != STEP_NONE && p->row == row && events != 0);
	probe_go_on(p);
}

/* ---- Checks over TLS ---- */

static bool find_address(const struct probe *p, struct addr *to)
{
	if (!board_address(p->b, to))
		return false;
	conf_turn_to_check(p->pool, to);
	return true;
}

/* A full socket is no fault of the backend's: it is called again until the
 * check is late, and so it is when a gate has died, perhaps with it. */
static void call(struct probe *p, uint64_t now)
{
	struct addr to;
	uint64_t end = timers_of(&ends, index_of(p)) - GATE_MS;

	if (!find_address(p, &to)) {
		probe_close(p);
		plan(p, now);
	} else if (!probe_call(p, &to, end > now ? end - now : 1)) {
		timers_set(&again, index_of(p), now + CALL_AGAIN_MS);
	}
}

static void begin_call(struct probe *p, uint64_t now)
{
	if (p->length > CALL_REQUEST) {
		skip(p, now, "its request is too long for TLS");
		return;
	}
	p->step = STEP_CALL;
	p->called = false;
	p->gates_died = atomic_load(&lobby.head->gates_died);
	under_way++;
	timers_set(&ends, index_of(p), now + p->pool->health.timeout
	    + GATE_MS);
	call(p, now);
}

void probe_hear(void)
{
	struct checked *c;
	const char *why;

	while ((c = probe_call_hear()) != NULL) {
		struct probe *p = c->row < nprobes ? &probes[c->row] : NULL;
		if (p == NULL || p->step != STEP_CALL || !p->called
		    || p->serial != c->serial)
			continue;
		enum check_result result = probe_call_read(p, c, &why);
		if (result != CHECK_MORE)
			told_short = false;
		if (c->failed && *why == '\0')
			be_told_late(p);
		else if (result != CHECK_MORE)
			probe_finish(p, result, why);
	}
}

static void call_again(uint64_t now)
{
	static uint32_t seen;
	uint32_t died = atomic_load(&lobby.head->gates_died);
	unsigned i;

	for (i = 0; i < nprobes && died != seen; i++)
		if (probes[i].step == STEP_CALL)
			timers_set(&again, i, now);
	seen = died;
	while (timers_take(&again, now, &i))
		call(&probes[i], now);
}

/* ---- The start of a check ---- */

static bool open_row(struct probe *p, const struct addr *to)
{
	struct conn *c = NULL;

	note_take(NOTE_SOCKET, 0, 0);
	int fd = connect_socket(to);
	int error = errno;
	FAULT(probe_opened);
	if (fd >= 0)
		c = lobby_hang(fd, CONN_PROBE);
	note_clear();
	errno = fd >= 0 ? EMFILE : error;
	if (c == NULL)
		return false;
	atomic_store(&c->backend, p->b->index);
	p->row = lobby_row(c);
	p->step = STEP_CONNECT;
	under_way++;
	return true;
}

static void begin(struct probe *p, uint64_t now)
{
	struct addr to;

	probe_close(p); /* one that was in STEP_REST */
	p->began_at = now;
	p->sent = 0;
	atomic_store(&board_of(p->b)->suspect, 0);
	if (!find_address(p, &to)) {
		plan(p, now);
		return;
	}
	check_begin(&p->check, p->pool);
	if (p->pool->health.path.n && (p->request = check_request(p->pool,
	    p->b, &p->length)) == NULL) {
		skip(p, now, "no memory");
		return;
	}
	if (p->b->tls) {
		begin_call(p, now);
		return;
	}
	if (!open_row(p, &to)) {
		/* this machine cannot speak to it: nor can the workers */
		if (errno == EAFNOSUPPORT)
			probe_fail_to_connect(p, errno);
		else
			skip(p, now, strerror(errno));
		return;
	}
	told_short = false;
	timers_set(&ends, index_of(p), now + p->pool->health.timeout);
	sleep_watch((int)p->row, EPOLLOUT);
	int error = connect_begin((int)p->row, &to);
	if (error)
		probe_fail_to_connect(p, error);
}

/* ---- When ---- */

static void begin_all(uint64_t now)
{
	for (unsigned i = 0; i < nprobes; i++) {
		const struct conf_pool *pool = probes[i].pool;
		if (pool == NULL)
			continue;
		timers_set(&starts, i, now + any_below(
		    pool->health.interval < FIRST_MS ? pool->health.interval
		    : FIRST_MS));
	}
	goes = true;
}

void probe_stop(void)
{
	for (unsigned i = 0; i < nprobes; i++) {
		probe_close(&probes[i]);
		timers_clear(&starts, i);
		probes[i].health = (struct health){0};
	}
	goes = false;
}

uint64_t probe_look(uint64_t now)
{
	unsigned i;

	if (!watch_is_newest() || atomic_load(&lobby.head->ended)) {
		if (goes)
			probe_stop();
		return TIMERS_NEVER;
	}
	if (!goes)
		begin_all(now);
	while (timers_take(&ends, now, &i))
		time_is_up(&probes[i]);
	call_again(now);
	for (unsigned n = 0; n < STARTS && under_way < most
	    && timers_take(&starts, now, &i); n++)
		begin(&probes[i], now);
	uint64_t end = timers_first(&ends), start = timers_first(&starts);
	if (timers_first(&again) < end)
		end = timers_first(&again);
	return under_way < most && start < end ? start : end;
}

void probe_hurry(const struct conf_backend *b, uint64_t now)
{
	if (!goes || probes[b->index].pool == NULL)
		return;
	const struct probe *p = &probes[b->index];
	uint64_t at = p->began_at + HURRY_MS;
	/* one that is under way will say it */
	if (p->step != STEP_NONE && p->step != STEP_REST)
		return;
	if (at < now)
		at = now;
	if (timers_of(&starts, b->index) > at)
		timers_set(&starts, b->index, at);
}
