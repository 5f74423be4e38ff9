/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: where the file is that a master was started from. */
#include "master/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

static bool is_self(const char *path)
{
	struct stat st, self;

	return stat(path, &st) == 0 && stat(SELF, &self) == 0
	    && st.st_dev == self.st_dev && st.st_ino == self.st_ino;
}

static bool join(const char *folder, size_t n, const char *name, char *to,
    size_t room)
{
	int length = snprintf(to, room, "%.*s%s%s", (int)n, folder,
	    n ? "/" : "", name);

	return length > 0 && (size_t)length < room && to[0] == '/'
	    && is_self(to);
}

static bool in_this_folder(const char *called, char *to, size_t room)
{
	char *folder = getcwd(NULL, 0);
	bool found = folder && join(folder, strlen(folder), called, to, room);

	free(folder);
	return found;
}

static bool in_the_path(const char *called, char *to, size_t room)
{
	const char *path = getenv("PATH");

	while (path) {
		size_t n = strcspn(path, ":");
		if (n && join(path, n, called, to, room))
			return true;
		path = path[n] ? path + n + 1 : NULL;
	}
	return false;
}

bool program_path(const char *called, char *to, size_t room)
{
	if (called[0] == '/' ? join("", 0, called, to, room)
	    : strchr(called, '/') ? in_this_folder(called, to, room)
	    : in_the_path(called, to, room))
		return true;
	/* somebody has called us by another name */
	ssize_t n = readlink(SELF, to, room - 1);
	if (n <= 0)
		return false;
	to[n] = '\0';
	return is_self(to);
}
