/* SPDX-License-Identifier: BSD-2-Clause */
/* What the master makes of shared memory that strangers have written to. */
/* links: master shm net http conf base */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "master/generation.h"
#include "master/obituary.h"
#include "master/spawn.h"
#include "roles.h"

#define LEFT(code) ((code) << 8) /* wait statuses */
#define ENDED_BY(signal) (signal)

static char said[8192];
static unsigned lines;

static void gather(enum log_level level, const char *line, size_t n)
{
	size_t used = strlen(said);

	ck_assert(level <= LOG_LEVEL_DEBUG);
	ck_assert_uint_lt(used + n + 2, sizeof said);
	memcpy(said + used, line, n);
	said[used + n] = '\n';
	said[used + n + 1] = '\0';
	lines++;
}

static void setup(void)
{
	ck_assert(slots_create());
	slot_enter(0);
	memset(children, 0, sizeof(struct child) * SLOTS);
	said[0] = '\0';
	lines = 0;
	log_to(gather);
}

static void teardown(void)
{
	log_to(NULL);
	area_close(&slots.area);
}

START_TEST(workers_stay_within_the_bounds)
{
	struct lobby_head head = {0};
	struct conf conf = {.workers_min = 3, .workers_max = 9};
	struct generation g = {.conf = &conf, .lobby.head = &head};

	ck_assert_uint_eq(generation_wants(&g), 3);
	head.wanted = 2;
	ck_assert_uint_eq(generation_wants(&g), 3);
	head.wanted = 5;
	ck_assert_uint_eq(generation_wants(&g), 5);
	head.wanted = 10;
	ck_assert_uint_eq(generation_wants(&g), 9);
	head.wanted = UINT32_MAX;
	ck_assert_uint_eq(generation_wants(&g), 9);
}
END_TEST

static pid_t start(unsigned slot, enum slot_role role)
{
	pid_t pid = fork();

	while (pid == 0)
		pause();
	ck_assert_int_gt(pid, 0);
	children[slot] = (struct child){.role = role, .pid = pid};
	return pid;
}

/* 0 while it lives; else the signal that ended it. */
static int end_of(pid_t pid, int flags)
{
	int status = 0;

	if (waitpid(pid, &status, flags | WUNTRACED) != pid)
		return 0;
	ck_assert(WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void pass(unsigned slot, uint32_t verdict)
{
	slots.at[slot].verdict = verdict;
	spawn_obey_verdicts();
}

START_TEST(verdicts_end_workers)
{
	pid_t a = start(1, SLOT_WORKER), b = start(2, SLOT_WORKER);

	pass(1, SIGABRT);
	ck_assert_int_eq(end_of(a, 0), SIGABRT);
	ck_assert_uint_eq(slots.at[1].verdict, 0);
	slots.at[2].pid = getpid(); /* a lie */
	pass(2, SIGKILL);
	ck_assert_int_eq(end_of(b, 0), SIGKILL);
}
END_TEST

START_TEST(other_verdicts_are_no_verdicts)
{
	static const uint32_t wrong[] = {SIGSTOP, SIGTERM, SIGUSR1, 64, 65,
		UINT32_MAX};
	pid_t worker = start(1, SLOT_WORKER), heir = start(2, SLOT_HEIR);

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		pass(1, wrong[i]);
		ck_assert_uint_eq(slots.at[1].verdict, 0);
	}
	pass(2, SIGKILL); /* not of a worker */
	pass(3, SIGKILL); /* of nobody: not of a whole process group */
	usleep(50000);
	ck_assert_int_eq(end_of(worker, WNOHANG), 0);
	ck_assert_int_eq(end_of(heir, WNOHANG), 0);
	kill(worker, SIGKILL);
	kill(heir, SIGKILL);
	end_of(worker, 0);
	end_of(heir, 0);
}
END_TEST

START_TEST(letters_are_bounded_and_escaped)
{
	const struct child c = {.role = SLOT_WORKER, .pid = 77, .number = 3};
	struct slot *s = &slots.at[1];

	memset(s->line, 'x', sizeof s->line);
	memset(s->letter, '\n', 8);
	memset(s->trace, '\xff', sizeof s->trace);
	obituary_write(1, &c, ENDED_BY(SIGSEGV));
	ck_assert_uint_eq(lines, 4);
	ck_assert(strstr(said, "worker 3 (pid 77) was ended by signal 11 "
	    "(Segmentation fault)\n") == said);
	ck_assert(strstr(said, "\nworker 3 left a letter: \\x0a\\x0a") != NULL);
	ck_assert(strstr(said, "\nworker 3 carried: xxx") != NULL);
	ck_assert(strstr(said, "\nworker 3 was at: \\xff\\xff") != NULL);
	for (const char *p = said; *p; p++)
		ck_assert(*p == '\n' || (*p >= ' ' && *p < 0x7f));
}
END_TEST

START_TEST(who_left_nothing_is_one_line)
{
	const struct child c = {.role = SLOT_STEWARD, .pid = 78};

	obituary_write(1, &c, LEFT(EXIT_RETIRED));
	ck_assert_str_eq(said, "steward (pid 78) left with code 3\n");
	ck_assert(!obituary_is_leave(&c, LEFT(EXIT_RETIRED)));
}
END_TEST

START_TEST(who_was_to_leave_is_not_mourned)
{
	const struct child c = {.role = SLOT_WORKER, .pid = 79};

	ck_assert(obituary_is_leave(&c, LEFT(EXIT_RETIRED)));
	ck_assert(obituary_is_leave(&c, LEFT(EXIT_RECYCLED)));
	ck_assert(!obituary_is_leave(&c, LEFT(EXIT_FINE)));
	ck_assert(!obituary_is_leave(&c, ENDED_BY(EXIT_RETIRED)));
	obituary_write(1, &c, LEFT(EXIT_RECYCLED));
	ck_assert_uint_eq(lines, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("orders");
	TCase *t = tcase_create("all");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, workers_stay_within_the_bounds);
	tcase_add_test(t, verdicts_end_workers);
	tcase_add_test(t, other_verdicts_are_no_verdicts);
	tcase_add_test(t, letters_are_bounded_and_escaped);
	tcase_add_test(t, who_left_nothing_is_one_line);
	tcase_add_test(t, who_was_to_leave_is_not_mourned);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
