/* SPDX-License-Identifier: BSD-2-Clause */
/* Takeovers: all that one program of the master leaves to the next. */
#include "master/takeover.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/bind.h"
#include "master/cachearea.h"
#include "master/command.h"
#include "master/control.h"
#include "master/gates.h"
#include "master/generation.h"
#include "master/inherit.h"
#include "master/layout.h"
#include "master/logs.h"
#include "master/overlay.h"
#include "master/signals.h"
#include "master/spawn.h"
#include "master/start.h"
#include "shm/board.h"
#include "shm/slot.h"

/* ---- Leaving ---- */

static void leave_master(struct will *w, const struct master_task *task,
    const char *program)
{
	will_item(w, "master");
	will_text(w, "version", PACKAGE_VERSION);
	will_number(w, "pid", (uint64_t)getpid());
	will_number(w, "born", master_born());
	will_number(w, "newest", generation_newest());
	will_text(w, "program", program);
	will_text(w, "file", task->file ? task->file : "");
	will_end(w);
}

static void leave_layouts(struct will *w)
{
	struct layout of;

	for (unsigned n = 0; (of = layout_at(n)).name; n++) {
		will_item(w, "layout");
		will_text(w, "of", of.name);
		will_number(w, "number", of.number);
		will_end(w);
	}
}

static void leave_areas(struct will *w)
{
	will_item(w, "areas");
	will_fd(w, "slots", slots.area.fd);
	will_fd(w, "board", board.area.fd);
	will_end(w);
}

static void leave_change(const struct command *c, void *arg)
{
	struct will *w = arg;
	char line[COMMAND_LINE];

	will_item(w, "change");
	will_bytes(w, "line", line, command_format(c, line));
	will_end(w);
}

void takeover_leave(struct will *w, const struct master_task *task,
    const char *program)
{
	leave_master(w, task, program);
	leave_layouts(w);
	leave_areas(w);
	start_leave(w);
	overlay_walk(leave_change, w);
	bind_leave(w);
	gates_leave(w);
	cachearea_leave(w);
	inherit_leave(w);
	logs_leave(w);
	spawn_leave(w);
	control_leave(w);
	signals_leave(w);
}

/* ---- Taking up ---- */

static bool is_as_ours(struct legacy *l, struct layout ours)
{
	const struct legacy_item *i = NULL;

	while ((i = legacy_next(l, i, "layout")) != NULL)
		if (strcmp(legacy_text(l, i, "of", 64), ours.name) == 0
		    && legacy_number(l, i, "number", 0, UINT64_MAX)
		    == ours.number)
			return true;
	return legacy_blame(l, "the layout of its shared memory (%s) is "
	    "another one: restart instead", ours.name);
}

static bool compare_layouts(struct legacy *l)
{
	struct layout ours;

	for (unsigned n = 0; (ours = layout_at(n)).name; n++)
		if (!is_as_ours(l, ours))
			return false;
	return true;
}

static bool inherit_areas(struct legacy *l)
{
	const struct legacy_item *i = legacy_get(l, "areas");
	int slots_fd = legacy_fd(l, i, "slots");
	int board_fd = legacy_fd(l, i, "board");

	return (slots_attach(slots_fd) && board_attach(board_fd))
	    || legacy_blame(l, "slots and board cannot be taken over");
}

static bool inherit_changes(struct legacy *l)
{
	const struct legacy_item *i = NULL;
	char wrong[COMMAND_WRONG] = "";
	struct command c;

	while ((i = legacy_next(l, i, "change")) != NULL)
		if (!command_parse(slice_str(legacy_text(l, i, "line",
		    COMMAND_LINE)), &c, wrong) || !overlay_apply(&c))
			return legacy_blame(l, "a change at run time is none: "
			    "%s", wrong);
	return true;
}

/* The name of the file must last. */
static bool inherit_task(struct legacy *l, struct master_task *task,
    char program[TAKEOVER_PATH])
{
	static char file[TAKEOVER_PATH];
	const struct legacy_item *i = legacy_get(l, "master");

	snprintf(program, TAKEOVER_PATH, "%s", legacy_text(l, i, "program",
	    TAKEOVER_PATH - 1));
	snprintf(file, sizeof file, "%s", legacy_text(l, i, "file",
	    sizeof file - 1));
	task->file = *file ? file : NULL;
	return l->wrong[0] == '\0';
}

bool takeover_inherit(struct legacy *l, struct master_task *task,
    char program[TAKEOVER_PATH])
{
	if (!compare_layouts(l) || !inherit_task(l, task, program)
	    || !inherit_areas(l) || !inherit_changes(l))
		return false;
	start_inherit(l);
	bind_inherit(l);
	cachearea_inherit(l);
	if (l->wrong[0] || !inherit_take(l))
		return false;
	gates_inherit(task, l);
	logs_inherit(l);
	spawn_inherit(l);
	control_inherit(l);
	signals_inherit(l);
	return l->wrong[0] == '\0';
}

void takeover_begin(struct legacy *l)
{
	const struct legacy_item *i = legacy_get(l, "master");

	spawn_recognize();
	generation_go_on((unsigned)legacy_number(l, i, "newest", 0,
	    UINT32_MAX));
	master_go_on(legacy_number(l, i, "born", 0, UINT64_MAX));
}
