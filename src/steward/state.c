/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel says of another process: state and CPU time. */
#include "steward/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "shm/slot.h"

/* The descriptor is one of the family's table, and has no row: the note
 * has it found if we die. */
static ssize_t read_file(const char *path, char *to, size_t room)
{
	ssize_t n = -1;

	note_take(NOTE_SOCKET, 0, 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	FAULT(staff_opened);
	if (fd >= 0) {
		n = read(fd, to, room);
		close(fd);
	}
	note_clear();
	return n;
}

/* "12 (name) S 1 ...": the name may hold anything. */
char state_of(pid_t pid)
{
	char path[32], text[128];

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	ssize_t n = read_file(path, text, sizeof text);
	const char *name_end = n > 0 ? memrchr(text, ')', (size_t)n) : NULL;
	if (name_end == NULL || name_end + 2 >= text + n)
		return 0;
	return name_end[2];
}

bool state_is_asleep(char state)
{
	return state == 'S' || state == 'D' || state_is_stopped(state);
}

bool state_is_stopped(char state)
{
	return state == 'T' || state == 't';
}

uint64_t state_cpu_us(pid_t pid)
{
	struct timespec t;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}
