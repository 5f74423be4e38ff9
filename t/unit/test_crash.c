/* SPDX-License-Identifier: BSD-2-Clause */
/* Crashes: the letter, and the signal; and what is seen from outside. */
/* links: steward shm http conf base */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "shm/slot.h"
#include "steward/state.h"

#define TRACE 400
#define LINE 60

static struct letter {
	char trace[TRACE], line[LINE], behind[4];
} *letter; /* shared */

static int *volatile nowhere;
static bool foreign; /* a sanitizer's handlers are in place */

static void setup(void)
{
	struct sigaction old;

	letter = mmap(NULL, sizeof *letter, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(letter != MAP_FAILED);
	memcpy(letter->behind, "safe", 4);
	sigaction(SIGSEGV, NULL, &old);
	foreign = old.sa_handler != SIG_DFL;
	nowhere = NULL;
	ck_assert(slots_create());
	slot_enter(1);
}

static void teardown(void)
{
	munmap(letter, sizeof *letter);
	area_close(&slots.area);
}

static void say_long(char *to, size_t room)
{
	size_t at = 0;

	for (int i = 0; i < 100; i++)
		crash_put(to, room, &at, "word ", 5);
}

static void say_and_crash(char *to, size_t room)
{
	size_t at = 0;

	crash_put(to, room, &at, "so far", 6);
	*nowhere = 1;
}

/* The wait status of a child that prepares and then does it. */
static int status_of(void (*act)(void), crash_witness *witness)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		crash_prepare();
		crash_catch();
		crash_to(letter->trace, TRACE, letter->line, LINE);
		crash_ask(witness);
		act();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(memcmp(letter->behind, "safe", 4) == 0);
	return status;
}

static void write_nowhere(void)
{
	*nowhere = 1;
}

static void send_abort(void)
{
	kill(getpid(), SIGABRT);
}

static void call_abort(void)
{
	abort();
}

static int overflow(int n)
{
	volatile char much[4096];

	much[n & 4095] = (char)n;
	return n < 0 ? 0 : overflow(n + 1) + much[n & 4095];
}

static void use_up_stack(void)
{
	overflow(1);
}

static void check_letter(void (*act)(void), int signal_number)
{
	int status = status_of(act, say_long);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), signal_number);
	ck_assert_msg(strstr(letter->trace, "portico+0x") != NULL, "%s",
	    letter->trace);
	ck_assert_uint_eq(strlen(letter->line), LINE - 1);
	ck_assert(strncmp(letter->line, "word word ", 10) == 0);
}

START_TEST(a_fault_leaves_a_letter)
{
	if (!foreign)
		check_letter(write_nowhere, SIGSEGV);
}
END_TEST

START_TEST(signals_that_are_sent_end_it_too)
{
	check_letter(send_abort, SIGABRT);
	memset(letter, 0, TRACE);
	check_letter(call_abort, SIGABRT);
}
END_TEST

START_TEST(a_stack_that_is_used_up)
{
	if (!foreign)
		check_letter(use_up_stack, SIGSEGV);
}
END_TEST

START_TEST(a_witness_may_crash)
{
	if (foreign)
		return;
	int status = status_of(send_abort, say_and_crash);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	ck_assert_str_eq(letter->line, "so far");
	ck_assert(strstr(letter->trace, "portico+0x") != NULL);
}
END_TEST

static void become_deaf(void)
{
	signal(SIGFPE, SIG_IGN);
	crash_catch();
	kill(getpid(), SIGFPE);
}

START_TEST(handlers_of_others_stay)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		become_deaf();
		_exit(7);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

static _Noreturn void live(bool busy)
{
	volatile unsigned turns = 0;

	for (;;) {
		if (busy)
			turns++;
		else
			pause();
	}
}

static pid_t start(bool busy)
{
	pid_t pid = fork();

	if (pid == 0)
		live(busy);
	return pid;
}

static void finish(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* False if it takes more than five seconds. */
static bool comes_to(pid_t pid, bool (*is)(char state))
{
	for (int i = 0; i < 500 && !is(state_of(pid)); i++)
		clock_sleep_us(10000);
	return is(state_of(pid));
}

START_TEST(states_of_others)
{
	pid_t idle = start(false), busy = start(true);

	ck_assert(comes_to(idle, state_is_asleep));
	ck_assert(!state_is_stopped(state_of(idle)));
	ck_assert(!state_is_asleep(state_of(busy)));
	uint64_t before = state_cpu_us(busy), slept = state_cpu_us(idle);
	for (int i = 0; i < 500 && state_cpu_us(busy) < before + 20000; i++)
		clock_sleep_us(10000);
	ck_assert_uint_ge(state_cpu_us(busy), before + 20000);
	ck_assert_uint_eq(state_cpu_us(idle), slept);
	kill(busy, SIGSTOP);
	ck_assert(comes_to(busy, state_is_stopped));
	ck_assert(state_is_asleep(state_of(busy)));
	finish(idle);
	finish(busy);
	ck_assert_int_eq(state_of(busy), 0);
	ck_assert_uint_eq(state_cpu_us(busy), 0);
	ck_assert_uint_eq(slots.at[1].note, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crash");
	TCase *t = tcase_create("all");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_fault_leaves_a_letter);
	tcase_add_test(t, signals_that_are_sent_end_it_too);
	tcase_add_test(t, a_stack_that_is_used_up);
	tcase_add_test(t, a_witness_may_crash);
	tcase_add_test(t, handlers_of_others_stay);
	tcase_add_test(t, states_of_others);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
