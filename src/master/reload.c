/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the configuration again. */
#include "master/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void log_lines(char *text, bool failed)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save))
		(failed ? log_err : log_warn)("%s", line);
}

struct conf *reload_conf(const struct master_task *task)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL) {
		log_err("reload: %m");
		return NULL;
	}
	struct conf *conf = conf_load(task->file, &task->options, to);
	fclose(to);
	log_lines(text, conf == NULL);
	free(text);
	if (conf == NULL)
		log_err("reload: the configuration stays as it was");
	return conf;
}
