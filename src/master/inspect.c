/* SPDX-License-Identifier: BSD-2-Clause */
/* Inspections: a short-lived process looks at certificates and keys. */
#include "master/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/title.h"
#include "master/files.h"
#include "master/generation.h"
#include "master/intake.h"
#include "master/spawn.h"
#include "shm/board.h"

#define SAID_MOST 65536
#define FILE_MS 20 /* that one may take to read, on a busy machine */

unsigned inspect_patience = 30000;

static const char fine_word[] = "fine\n"; /* behind the facts */
#define LAST (sizeof fine_word - 1)
_Static_assert(LAST <= INTAKE_LAST, "the word is kept");
static const char no_result[] = "the check of certificates ended without a "
    "result\n";
static const char too_late[] = "the check of certificates took too long: it "
    "was ended\n";

static struct inspection {
	unsigned number;
	enum inspect_state state;
	pid_t pid;
	uint64_t until; /* clock_ms */
	uint64_t print;
	unsigned files;
	struct intake said, found;
} now = {.state = INSPECT_FAILED, .said.fd = -1, .found.fd = -1};

/* ---- The child ---- */

struct child_task {
	const struct master_task *task;
	const struct conf *conf;
	int said, found;
};

/* It has keys in its memory: nobody is to look there. */
static void seclude(void)
{
	const struct rlimit none = {0, 0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
	    || setrlimit(RLIMIT_CORE, &none) < 0)
		die("the check of certificates cannot hide itself: %m");
	crash_to(NULL, 0, NULL, 0); /* the slot is the master's */
	log_on_panic(NULL);
	log_to(NULL);
	generation_unmap_all(NULL);
	area_unmap(&board.area);
}

static void run(void *arg)
{
	const struct child_task *t = arg;
	int keep[] = {0, 1, 2, t->said, t->found};

	title_set("check");
	seclude();
	fd_close_all_but(keep, 5);
	FILE *said = fdopen(t->said, "w"), *found = fdopen(t->found, "w");
	if (said == NULL || found == NULL)
		die("fdopen: %m");
	bool fine = t->task->check_tls(t->conf, said, found);
	if (fine)
		fputs(fine_word, found);
	fflush(said);
	fflush(found);
	_exit(EXIT_SUCCESS);
}

/* ---- Its course ---- */

static void fail(const char *why)
{
	intake_end(&now.said);
	intake_end(&now.found);
	now.state = INSPECT_FAILED;
	intake_add(&now.said, why);
}

static void start(const struct master_task *task, const struct conf *conf)
{
	struct child_task t = {task, conf, -1, -1};

	if (intake_open(&now.said, SAID_MOST, &t.said)
	    && intake_open(&now.found, FACTS_BYTES, &t.found))
		now.pid = spawn_aside(run, &t);
	if (now.pid <= 0) {
		log_err("the check of certificates cannot be started: %m");
		fail("");
	}
	if (t.said >= 0)
		close(t.said);
	if (t.found >= 0)
		close(t.found);
}

unsigned inspect_long(void)
{
	return now.files < 100000 ? now.files * FILE_MS : 100000 * FILE_MS;
}

unsigned inspect_begin(const struct master_task *task,
    const struct conf *conf)
{
	inspect_drop(now.number);
	now.number++;
	now.pid = 0;
	now.said.n = now.found.n = 0;
	now.print = 0;
	now.files = 0;
	now.state = INSPECT_FINE;
	if (!conf_has_gates(conf))
		return now.number;
	now.state = INSPECT_GOES_ON;
	now.print = files_print(conf, &now.files);
	now.until = clock_ms() + inspect_patience + inspect_long();
	start(task, conf);
	return now.number;
}

/* Of what is too long the whole lines stay. */
static void drop_last_word(struct intake *in)
{
	if (!in->cut) {
		in->n -= LAST;
		return;
	}
	while (in->n > 0 && in->at[in->n - 1] != '\n')
		in->n--;
	log_warn("there are too many certificates to tell of each: some are "
	    "missing in the status");
}

/* It was fine if its last word is there. */
static void conclude(void)
{
	if (memcmp(now.found.last + INTAKE_LAST - LAST, fine_word,
	    LAST) == 0) {
		drop_last_word(&now.found);
		now.state = INSPECT_FINE;
	} else {
		fail(now.said.n ? "" : no_result);
	}
}

enum inspect_state inspect_look(unsigned number)
{
	if (number != now.number)
		return INSPECT_LOST;
	if (now.state != INSPECT_GOES_ON)
		return now.state;
	intake_take(&now.said);
	intake_take(&now.found);
	if (now.said.fd < 0 && now.found.fd < 0) {
		conclude();
	} else if (clock_ms() >= now.until) {
		kill(now.pid, SIGKILL);
		fail(too_late);
	}
	return now.state;
}

void inspect_drop(unsigned number)
{
	/* while its pipes are open it is our child still */
	if (inspect_look(number) != INSPECT_GOES_ON)
		return;
	kill(now.pid, SIGKILL);
	fail("");
}

const char *inspect_said(size_t *n)
{
	*n = now.said.n;
	return now.said.at;
}

uint64_t inspect_print(void)
{
	return now.print;
}

struct facts inspect_facts(void)
{
	return facts_read(now.found.at, now.found.n);
}

static void wait_for_more(void)
{
	struct pollfd p[] = {{now.said.fd, POLLIN, 0},
	    {now.found.fd, POLLIN, 0}};
	uint64_t ms = clock_ms();

	if (poll(p, 2, now.until > ms ? (int)(now.until - ms) + 1 : 1) < 0)
		clock_sleep_us(1000);
}

/* A certificate may say anything; a terminal should not get all of it. */
static int plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return (byte < ' ' && byte != '\n') || byte == 0x7f ? '?' : byte;
}

bool inspect_now(const struct master_task *task, const struct conf *conf,
    FILE *to)
{
	unsigned number = inspect_begin(task, conf);

	while (inspect_look(number) == INSPECT_GOES_ON)
		wait_for_more();
	if (now.pid > 0)
		waitpid(now.pid, NULL, 0);
	for (size_t i = 0; i < now.said.n; i++)
		putc(plain(now.said.at[i]), to);
	return now.state == INSPECT_FINE;
}
