/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots: one row of shared memory per process, and the note of its hand. */
#include "shm/slot.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash.h"

struct slots slots;
_Thread_local struct slot *slot_self;
_Thread_local unsigned slot_me;

static const char *const role_names[] = {"nobody", "master", "logger",
	"steward", "heir", "worker", "gate"};

bool slots_create(void)
{
	slots.area = area_create("portico-slots", sizeof(struct slot) * SLOTS);
	slots.at = slots.area.at;
	return slots.at != NULL;
}

bool slots_attach(int fd)
{
	slots.area = area_attach(fd, sizeof(struct slot) * SLOTS);
	slots.at = slots.area.at;
	return slots.at != NULL;
}

const char *slot_role_name(enum slot_role role)
{
	return role_names[role <= SLOT_GATE ? role : SLOT_NOBODY];
}

void slot_log(enum log_level level, const char *line, size_t n)
{
	struct ring_header h = {.length = (uint16_t)(n > RING_LINE_MAX
	    ? RING_LINE_MAX : n), .kind = (uint16_t)level, .when = clock_us()};

	if (ring_write(&slot_self->ring, &h, line))
		ring_wake(&slots.at[0].ring);
}

static void leave_letter(const char *text)
{
	snprintf(slot_self->letter, sizeof slot_self->letter, "%s", text);
}

void slot_enter(unsigned n)
{
	slot_me = n;
	slot_self = &slots.at[n];
	atomic_store(&slot_self->note, 0);
	slot_stride(0);
	slot_self->line[0] = slot_self->letter[0] = '\0';
	slot_self->trace[0] = '\0';
	log_on_panic(leave_letter);
	crash_to(slot_self->trace, sizeof slot_self->trace, slot_self->line,
	    sizeof slot_self->line);
	atomic_store(&slot_self->state, SLOT_LIVE);
}

bool slot_is_dead(unsigned n)
{
	return n < SLOTS && atomic_load(&slots.at[n].state) == SLOT_DEAD;
}
