/* SPDX-License-Identifier: BSD-2-Clause */
/* Upgrades: another program takes the master's place, and nobody notices. */
#include "master/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/charge.h"
#include "master/control.h"
#include "master/generation.h"
#include "master/inspect.h"
#include "master/intake.h"
#include "master/privs.h"
#include "master/program.h"
#include "master/reload.h"
#include "master/spawn.h"
#include "master/start.h"
#include "master/takeover.h"
#include "roles.h"

#define SAID_MOST 16384
#define SAID_KEPT (SAID_MOST - 2 * TAKEOVER_PATH)
#define LINES_MOST 20
#define DESCRIPTORS 65536 /* more than a master has */

unsigned upgrade_patience = 30000;

/* What a program answers that knows what it is asked, and nothing else. */
static const char agrees[] = "portico takes over\n";

static const struct master_task *task;
static char path[TAKEOVER_PATH]; /* "": it is unknown */

static enum { IDLE, TRIES, AGREED } state;
static struct intake said = {.fd = -1}, verdict = {.fd = -1};
static pid_t pid;
static uint64_t until; /* clock_ms */

void upgrade_init(const struct master_task *t)
{
	task = t;
	if (!program_path(t->argv[0], path, sizeof path))
		path[0] = '\0';
}

bool upgrade_is_under_way(void)
{
	return state != IDLE;
}

/* ---- The old program ---- */

/* Who holds its pipes may be another one. */
static void end_trial(void)
{
	if (spawn_is_child(pid))
		kill(pid, SIGKILL);
}

/* A line may be anything: the log escapes it. */
static void tell_lines(void)
{
	char *save = NULL, *text = strndup(said.n ? said.at : "", said.n);
	unsigned n = 0;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	    line = strtok_r(NULL, "\n", &save))
		if (n++ < LINES_MOST)
			log_err("%s", line);
	free(text);
}

static void give_up(const char *why)
{
	intake_end(&said);
	intake_end(&verdict);
	/* what it said, if it has not agreed, as far as there is room */
	if (state == AGREED)
		said.n = 0;
	if (said.n > SAID_KEPT)
		said.n = SAID_KEPT;
	if (said.n && said.at[said.n - 1] != '\n')
		intake_add(&said, "\n");
	intake_add(&said, why);
	intake_add(&said, "\n");
	state = IDLE;
	tell_lines();
	log_err("upgrade: the program stays as it was");
	control_ended("the program stays as it was", said.at, said.n);
}

static void give_up_errno(const char *what)
{
	char why[TAKEOVER_PATH + 100];

	snprintf(why, sizeof why, "upgrade: %s: %s", what, strerror(errno));
	give_up(why);
}

/* With what it was started with; behind the name what is asked of it. It is
 * what stands at the path, or behind the descriptor. Comes back if it cannot
 * be run. */
static void run_program(const char *option, int legacy, int program)
{
	char number[16];
	size_t n = 0;

	while (task->argv[n])
		n++;
	char **args = calloc(n + 3, sizeof *args);
	if (args == NULL)
		return;
	snprintf(number, sizeof number, "%d", legacy);
	args[0] = task->argv[0];
	args[1] = (char *)option;
	args[2] = number;
	for (size_t i = 1; i < n; i++)
		args[i + 2] = task->argv[i];
	if (program >= 0)
		fexecve(program, args, environ);
	else
		execv(path, args);
	int error = errno;
	free(args);
	errno = error;
}

/* What it may do goes by the pipes alone; it ends with us. */
struct trial {
	const struct will *will;
	int legacy, said, verdict;
};

static void try(void *arg)
{
	const struct trial *t = arg;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(t->verdict, STDOUT_FILENO) < 0
	    || dup2(t->said, STDERR_FILENO) < 0
	    || !will_pass(t->will, t->legacy, true))
		_exit(EXIT_FAILED);
	run_program("--try", t->legacy, -1);
	dprintf(STDERR_FILENO, "upgrade: %s: %s\n", path, strerror(errno));
	_exit(EXIT_FAILED);
}

/* The program that runs may have no name any more. */
static void leave_self(struct will *w, int self)
{
	will_item(w, "old");
	will_fd(w, "program", self);
	will_end(w);
}

static int write_will(struct will *w, int self)
{
	if (!will_begin(w))
		return -1;
	takeover_leave(w, task, path);
	leave_self(w, self);
	return will_seal(w);
}

static void close_it(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* False, errno. */
static bool start(void)
{
	struct will w;
	struct trial t = {&w, write_will(&w, -1), -1, -1};

	pid = -1;
	if (t.legacy >= 0 && intake_open(&said, SAID_MOST, &t.said)
	    && intake_open(&verdict, SAID_MOST, &t.verdict))
		pid = spawn_aside(try, &t);
	int error = errno;
	close_it(t.said);
	close_it(t.verdict);
	close_it(t.legacy);
	will_drop(&w);
	errno = error;
	return pid > 0;
}

void upgrade_begin(void)
{
	said.n = verdict.n = 0;
	said.most = SAID_MOST;
	if (path[0] == '\0') {
		give_up("upgrade: nobody knows where the program is");
		return;
	}
	log_info("upgrade: trying %s", path);
	until = clock_ms() + upgrade_patience + inspect_long();
	state = TRIES;
	if (!start())
		give_up_errno("cannot try it");
}

/* Comes back if it cannot be. */
static void go(void)
{
	struct will w;
	int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	int fd = write_will(&w, self);

	if (fd >= 0 && will_pass(&w, fd, true))
		run_program("--upgrade", fd, -1);
	int error = errno;
	if (fd >= 0 && !will_pass(&w, fd, false))
		log_err("upgrade: descriptors stay open in children: %m");
	close_it(fd);
	close_it(self);
	will_drop(&w);
	errno = error;
	give_up_errno(path);
}

static bool agreed(void)
{
	return verdict.n == sizeof agrees - 1
	    && memcmp(verdict.at, agrees, verdict.n) == 0;
}

static void look_at_trial(void)
{
	intake_take(&said);
	intake_take(&verdict);
	if (said.fd < 0 && verdict.fd < 0) {
		if (agreed())
			state = AGREED;
		else
			give_up("upgrade: the new program does not take over");
	} else if (clock_ms() >= until) {
		end_trial();
		give_up("upgrade: the new program took too long to say "
		    "whether it takes over: it was ended");
	}
}

void upgrade_look(void)
{
	if (state == TRIES)
		look_at_trial();
	if (state == AGREED && !reload_is_under_way()
	    && (charge_wakes_at() == 0 || clock_ms() >= until))
		go();
}

void upgrade_drop(void)
{
	if (state == TRIES)
		end_trial();
	if (state != IDLE)
		give_up("upgrade: Portico is told to stop");
}

/* ---- The new program ---- */

static void say(enum log_level level, const char *line, size_t n)
{
	(void)level;
	dprintf(STDERR_FILENO, "%.*s\n", (int)n, line);
}

static bool try_configuration(void)
{
	struct conf *conf = reload_conf();
	bool fine = conf && privs_find(conf) && inspect_now(task, conf,
	    stderr);

	conf_free(conf);
	return fine;
}

static bool inherit(struct master_task *t, struct legacy *l, int fd)
{
	task = t;
	reload_init(t);
	return legacy_read(l, fd) && takeover_inherit(l, t, path);
}

int upgrade_try(struct master_task *t, int fd)
{
	struct legacy l;

	log_to(say);
	if (!inherit(t, &l, fd)) {
		log_err("upgrade: what the old program leaves cannot be taken "
		    "over: %s", l.wrong);
		return EXIT_FAILED;
	}
	if (!try_configuration())
		return EXIT_FAILED;
	legacy_drop(&l);
	return write(STDOUT_FILENO, agrees, sizeof agrees - 1)
	    == sizeof agrees - 1 ? EXIT_FINE : EXIT_FAILED;
}

/* Nothing is open yet that the old program did not leave so. */
static void pass_all(void)
{
	for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++)
		if (fcntl(fd, F_SETFD, 0) < 0 && errno != EBADF)
			log_err("descriptor %d cannot be passed: %m", fd);
}

/* So that the old program can say why. */
static void write_why(int fd, const char *why)
{
	struct will w = {.to = fdopen(dup(fd), "a")};

	if (w.to == NULL)
		return;
	will_item(&w, "refusal");
	will_text(&w, "why", why);
	will_end(&w);
	fclose(w.to);
}

static int old_program(struct legacy *l)
{
	return legacy_fd_or_none(l, legacy_get(l, "old"), "program");
}

/* It agreed, and now it cannot: the old one is not lost yet. */
static void give_back(const struct legacy *l, int fd)
{
	struct legacy old = *l;

	old.wrong[0] = '\0';
	int program = l->items ? old_program(&old) : -1;
	if (program < 0)
		return;
	write_why(fd, l->wrong);
	pass_all();
	run_program("--return", fd, program);
}

static void tell_of_return(struct legacy *l)
{
	const struct legacy_item *i = legacy_get(l, "refusal");
	char why[LEGACY_WRONG + 100];

	said.most = SAID_MOST;
	snprintf(why, sizeof why, "upgrade: the new program could not take "
	    "over: %s", legacy_text(l, i, "why", LEGACY_WRONG));
	give_up(why);
}

bool upgrade_take_over(struct master_task *t, int fd)
{
	struct legacy l;
	bool fine = inherit(t, &l, fd);

	if (!fine && !t->returns)
		give_back(&l, fd);
	if (!fine)
		die("upgrade: what the old program leaves cannot be taken "
		    "over: %s", l.wrong);
	close_it(fd);
	close_it(old_program(&l));
	start_again();
	takeover_begin(&l);
	if (t->returns)
		tell_of_return(&l);
	else
		log_info("upgrade: this is portico " PACKAGE_VERSION "; it "
		    "has taken over %u processes", spawn_count(0,
		    SLOT_NOBODY));
	legacy_drop(&l);
	return !t->returns;
}
