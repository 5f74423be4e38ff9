/* SPDX-License-Identifier: BSD-2-Clause */
/* Obituaries: what the log says of a process that died. */
#include "master/obituary.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "roles.h"

void obituary_name(const struct child *c, char name[OBITUARY_NAME])
{
	if (c->role == SLOT_WORKER || c->role == SLOT_GATE)
		snprintf(name, OBITUARY_NAME, "%s %u",
		    slot_role_name(c->role), c->number);
	else
		snprintf(name, OBITUARY_NAME, "%s", slot_role_name(c->role));
}

bool obituary_is_leave(const struct child *c, int status)
{
	if (!WIFEXITED(status))
		return false;
	if (c->role == SLOT_LOGGER)
		return WEXITSTATUS(status) == EXIT_FINE;
	if (c->role == SLOT_GATE)
		return WEXITSTATUS(status) == EXIT_RETIRED;
	return c->role == SLOT_WORKER
	    && (WEXITSTATUS(status) == EXIT_RETIRED
	    || WEXITSTATUS(status) == EXIT_RECYCLED);
}

/* A slot's text was written by a stranger: bounded, and escaped by the log. */
static void say_text(const char *name, const char *verb, const char *text,
    size_t room)
{
	size_t n = strnlen(text, room);

	if (n)
		log_err("%s %s: %.*s", name, verb, (int)n, text);
}

static void say_end(const char *name, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_warn("%s (pid %d) was ended by signal %d (%s)", name, pid,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_warn("%s (pid %d) left with code %d", name, pid,
		    WEXITSTATUS(status));
}

void obituary_write(unsigned n, const struct child *c, int status)
{
	const struct slot *s = &slots.at[n];
	char name[OBITUARY_NAME];

	obituary_name(c, name);
	if (obituary_is_leave(c, status)) {
		log_debug("%s (pid %d) left: %s", name, c->pid,
		    WEXITSTATUS(status) == EXIT_RECYCLED
		    ? "it has carried enough requests" : "it is not needed");
		return;
	}
	say_end(name, c->pid, status);
	say_text(name, "left a letter", s->letter, sizeof s->letter);
	say_text(name, "carried", s->line, sizeof s->line);
	say_text(name, "was at", s->trace, sizeof s->trace);
}
