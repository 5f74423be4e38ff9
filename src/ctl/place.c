/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the master's socket is. */
#include "ctl/place.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "conf/env.h"
#include "conf/report.h"
#include "conf/source.h"
#include "conf/splice.h"

#define USUAL_FILE SYSCONFDIR "/portico/portico.conf"
#define USUAL_PATH RUNDIR "/portico.sock"

static char *copy(const char *text)
{
	char *s = strdup(text);

	if (s == NULL)
		die("out of memory");
	return s;
}

static char *expand(const char *text)
{
	char wrong[ENV_WRONG];

	return text ? env_expand(text, wrong) : NULL;
}

/* As the configuration has it when only the pid file is given. */
static char *beside(char *pid_file)
{
	size_t n = pid_file ? strlen(pid_file) : 0;
	char *path;

	if (n == 0)
		return NULL;
	if (n > 4 && strcmp(pid_file + n - 4, ".pid") == 0)
		n -= 4;
	if (asprintf(&path, "%.*s.sock", (int)n, pid_file) < 0)
		die("out of memory");
	free(pid_file);
	return path;
}

static char *look_up(config_t *file)
{
	const char *text = NULL;

	if (config_lookup_string(file, "control", &text)
	    || config_lookup_string(file, "control.socket", &text))
		return expand(text);
	if (config_lookup_string(file, "pid_file", &text))
		return beside(expand(text));
	return NULL;
}

/* A mistake elsewhere in the file must not keep us from the master: what
 * runs is right, and it will say what is wrong. */
static char *read_loosely(const char *file)
{
	struct source source = {0};
	struct report report = {0};
	config_t tree;
	char *path = NULL;

	config_init(&tree);
	if (splice_file(&source, file, &report) && source.text
	    && config_read_string(&tree, source.text) == CONFIG_TRUE)
		path = look_up(&tree);
	config_destroy(&tree);
	report_fini(&report);
	source_fini(&source);
	return path;
}

/* found: the file could be loaded; the path may be NULL all the same. */
static char *read_file(const char *file, bool *found)
{
	FILE *nowhere = fopen("/dev/null", "w");
	struct conf *conf;
	char *path = NULL;

	if (nowhere == NULL)
		die("/dev/null cannot be opened");
	conf = conf_load(file, NULL, nowhere);
	fclose(nowhere);
	*found = conf != NULL;
	if (conf == NULL)
		return read_loosely(file);
	if (conf->control.path)
		path = copy(conf->control.path);
	conf_free(conf);
	return path;
}

void place_find(struct place *to, const struct args *a)
{
	const char *file = a->file ? a->file : USUAL_FILE;
	bool found = true;

	to->note = NULL;
	to->path = a->socket ? copy(a->socket) : read_file(file, &found);
	if (to->path)
		return;
	to->path = copy(USUAL_PATH);
	if (asprintf(&to->note, found ? "%s names no socket"
	    : "%s cannot be read", file) < 0)
		die("out of memory");
}

void place_fini(struct place *place)
{
	free(place->path);
	free(place->note);
}
