/* SPDX-License-Identifier: BSD-2-Clause */
/* The name under which ps(1) shows a process: written over its arguments. */
#include "base/title.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char *room;
static size_t room_size;

/* Arguments and environment lie behind one another in one block. */
static char *block_end(int argc, char **argv)
{
	char *end = argv[0];

	for (int i = 0; i < argc; i++)
		if (argv[i] == end)
			end += strlen(end) + 1;
	for (char **e = environ; *e; e++)
		if (*e == end)
			end += strlen(end) + 1;
	return end;
}

void title_init(int argc, char **argv)
{
	size_t n = 0;

	if (argc < 1)
		return;
	char *start = argv[0], *end = block_end(argc, argv);
	while (environ[n])
		n++;
	/* setenv makes another array: the strings stay reachable by ours */
	static char **copy;
	copy = calloc(n + 1, sizeof *copy);
	if (copy == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		copy[i] = strdup(environ[i]);
	environ = copy;
	for (int i = 0; i < argc; i++)
		argv[i] = strdup(argv[i]);
	room = start;
	room_size = (size_t)(end - start);
}

void title_set(const char *role)
{
	prctl(PR_SET_NAME, role);
	if (room == NULL || room_size < 2)
		return;
	memset(room, 0, room_size);
	snprintf(room, room_size, "portico: %s", role);
}
