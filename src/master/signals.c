/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals of the master: counted by handlers, taken by its loop. */
#include "master/signals.h"

#include <signal.h>
#include <time.h>

static const int caught[] = {SIGHUP, SIGQUIT, SIGTERM, SIGINT, SIGUSR1,
	SIGUSR2, SIGCHLD};
static volatile sig_atomic_t came[NSIG];

static void remember(int signal)
{
	came[signal] = 1;
}

void signals_catch(void)
{
	struct sigaction sa = {.sa_handler = remember};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
		sigaddset(&set, caught[i]);
		sigaction(caught[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool signals_take(int signal)
{
	bool it_came = came[signal];

	came[signal] = 0;
	return it_came;
}

void signals_raise(int signal)
{
	came[signal] = 1;
}

void signals_leave(struct will *w)
{
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		if (came[caught[i]]) {
			will_item(w, "signal");
			will_number(w, "number", (uint64_t)caught[i]);
			will_end(w);
		}
}

void signals_inherit(struct legacy *l)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, "signal")) != NULL)
		came[legacy_number(l, i, "number", 1, NSIG - 1)] = 1;
}

int signals_wait(struct pollfd *p, nfds_t n, int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	sigset_t none;

	sigemptyset(&none);
	return ppoll(p, n, &t, &none);
}
