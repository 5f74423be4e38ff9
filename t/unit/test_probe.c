/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes against listeners of the test's: what they open, and how much. */
/* links: steward shm net http conf base */
#include <check.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/log.h"
#include "farm.h"
#include "shm/board.h"
#include "steward/probe.h"
#include "steward/sleep.h"
#include "steward/watch.h"

#define GENERATION 7
#define SLOT 1
#define MANY 100
#define AT_ONCE (FARM_ROWS / 8)

static int listener;
static struct sockaddr_in at = {.sin_family = AF_INET};
static char said[4096];
static unsigned lines;

static void gather(enum log_level level, const char *line, size_t n)
{
	if (level > LOG_LEVEL_INFO || n >= sizeof said)
		return;
	memcpy(said, line, n);
	said[n] = '\0';
	lines++;
}

static void set_up_pool(void)
{
	struct conf_pool *pool = &farm_pool[0];

	pool->health.on = true;
	pool->health.method = SLICE("GET");
	pool->health.interval = 50;
	pool->health.timeout = 1000;
	pool->health.rise = pool->health.fall = 1;
	pool->health.status.bits[3] = UINT64_MAX;
	for (unsigned i = 0; i < pool->nbackends; i++) {
		farm[i].address.in = at;
		farm[i].address.len = sizeof at;
		farm[i].host = SLICE("b");
	}
}

static void setup(void)
{
	socklen_t n = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = 0;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert(bind(listener, (struct sockaddr *)&at, sizeof at) == 0);
	ck_assert(listen(listener, 1024) == 0);
	ck_assert(getsockname(listener, (struct sockaddr *)&at, &n) == 0);
	farm_plan(1, MANY);
	set_up_pool();
	farm_open(SLOT);
	farm_open_door();
	slots.at[SLOT].generation = GENERATION;
	board.head->newest = GENERATION;
	ck_assert(sleep_open());
	watch_init(&farm_conf);
	probe_init(&farm_conf);
	lines = 0;
	log_to(gather);
}

static void teardown(void)
{
	probe_stop();
	log_to(NULL);
	if (listener >= 0)
		close(listener);
	farm_close();
}

/* Rows of probes, whose descriptors are open. */
static unsigned open_probes(void)
{
	unsigned n = 0, top = lobby_top();

	for (unsigned row = LOBBY_FIRST; row < top; row++)
		n += lobby_get(row)->kind == CONN_PROBE
		    && word_state(conn_word(lobby_get(row))) == CONN_OWNED;
	return n;
}

/* The steward's loop for so long; the most that were open at a time. */
static unsigned live(unsigned ms)
{
	uint64_t end = clock_ms() + ms, now;
	unsigned most = 0;

	while ((now = clock_ms()) < end) {
		uint64_t next = probe_look(now);
		if (open_probes() > most)
			most = open_probes();
		sleep_until(next < now + 10 ? next : now + 10);
	}
	return most;
}

static unsigned with_health(enum board_health health)
{
	unsigned n = 0;

	for (unsigned i = 0; i < farm_conf.nbackends; i++)
		n += board_of(&farm[i])->health == health;
	return n;
}

static uint64_t checks(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < farm_conf.nbackends; i++)
		n += board_of(&farm[i])->checks;
	return n;
}

static void accept_all(void)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
}

START_TEST(a_connection_is_enough)
{
	for (int i = 0; i < 100 && with_health(HEALTH_UP) < MANY; i++) {
		live(20);
		accept_all();
	}
	ck_assert_uint_eq(with_health(HEALTH_UP), MANY);
	ck_assert_uint_eq(lines, 0);
	probe_stop();
	ck_assert_uint_eq(open_probes(), 0);
}
END_TEST

START_TEST(nobody_listens)
{
	close(listener);
	listener = -1;
	for (int i = 0; i < 100 && with_health(HEALTH_DOWN) < MANY; i++)
		live(20);
	ck_assert_uint_eq(with_health(HEALTH_DOWN), MANY);
	ck_assert_uint_eq(lines, 0); /* the first look is the watch's */
	ck_assert_ptr_nonnull(strstr(board_of(&farm[0])->why,
	    "connect: Connection refused"));
}
END_TEST

/* All hang: there are never more than a share of the rows, and in the end
 * each has had its turn. */
START_TEST(there_are_not_too_many_at_once)
{
	unsigned most = 0;

	farm_pool[0].health.path = SLICE("/");
	farm_pool[0].health.timeout = 200;
	for (int i = 0; i < 100 && with_health(HEALTH_DOWN) < MANY; i++) {
		unsigned n = live(50);
		if (n > most)
			most = n;
	}
	ck_assert_uint_eq(with_health(HEALTH_DOWN), MANY);
	ck_assert_uint_eq(most, AT_ONCE);
	ck_assert_str_eq(board_of(&farm[5])->why, "no answer within 200ms");
}
END_TEST

START_TEST(without_descriptors_there_is_no_check)
{
	struct rlimit old, none;

	ck_assert(getrlimit(RLIMIT_NOFILE, &old) == 0);
	none = old;
	none.rlim_cur = 3; /* all above are taken, or forbidden */
	ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	live(300);
	ck_assert(setrlimit(RLIMIT_NOFILE, &old) == 0);
	ck_assert_uint_eq(with_health(HEALTH_UNKNOWN), MANY);
	ck_assert_uint_eq(checks(), 0);
	ck_assert_uint_eq(lines, 1);
	ck_assert_ptr_nonnull(strstr(said,
	    "cannot be checked: Too many open files"));
	for (int i = 0; i < 100 && with_health(HEALTH_UP) < MANY; i++)
		live(20);
	ck_assert_uint_eq(with_health(HEALTH_UP), MANY);
}
END_TEST

START_TEST(only_the_newest_family_probes)
{
	farm_pool[0].health.path = SLICE("/");
	live(200);
	ck_assert_uint_gt(open_probes(), 0);
	board.head->newest = GENERATION + 1;
	live(20);
	ck_assert_uint_eq(open_probes(), 0);
	uint64_t n = checks();
	live(200);
	ck_assert_uint_eq(checks(), n);
	board.head->newest = GENERATION;
	live(200);
	ck_assert_uint_gt(open_probes(), 0);
	lobby.head->ended = 1;
	live(20);
	ck_assert_uint_eq(open_probes(), 0);
}
END_TEST

START_TEST(an_heir_leaves_what_was_open_to_the_settling)
{
	farm_pool[0].health.path = SLICE("/");
	live(200);
	unsigned n = open_probes();
	ck_assert_uint_gt(n, 0);
	slots.at[SLOT + 1].generation = GENERATION;
	slot_enter(SLOT + 1);
	watch_init(&farm_conf);
	probe_init(&farm_conf);
	close(listener); /* resets all: their descriptors are ready */
	listener = -1;
	board.head->newest = GENERATION + 1;
	live(100);
	ck_assert_uint_eq(open_probes(), n);
}
END_TEST

START_TEST(a_suspicion_is_looked_at_at_once)
{
	struct board_row *row = board_of(&farm[3]);

	farm_pool[0].health.interval = 60000;
	for (int i = 0; i < 200 && with_health(HEALTH_UP) < MANY; i++) {
		live(20);
		accept_all();
	}
	uint64_t all = checks();
	live(300);
	ck_assert_uint_eq(checks(), all);
	row->suspect = 1;
	watch_look(clock_ms());
	live(100);
	ck_assert_uint_eq(checks(), all + 1);
	ck_assert_uint_eq(row->checks, 2);
	ck_assert_uint_eq(row->suspect, 0);
	row->suspect = 1;
	watch_look(clock_ms());
	live(20); /* not so soon again */
	ck_assert_uint_eq(row->checks, 2);
	live(400);
	ck_assert_uint_eq(row->checks, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe");
	TCase *tc = tcase_create("probe");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 40);
	tcase_add_test(tc, a_connection_is_enough);
	tcase_add_test(tc, nobody_listens);
	tcase_add_test(tc, there_are_not_too_many_at_once);
	tcase_add_test(tc, without_descriptors_there_is_no_check);
	tcase_add_test(tc, only_the_newest_family_probes);
	tcase_add_test(tc, an_heir_leaves_what_was_open_to_the_settling);
	tcase_add_test(tc, a_suspicion_is_looked_at_at_once);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
