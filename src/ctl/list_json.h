/* SPDX-License-Identifier: BSD-2-Clause */
/* What list.c prints, as JSON objects. */
#ifndef CTL_LIST_JSON_H
#define CTL_LIST_JSON_H

#include "ctl/status.h"

/* What of the status is asked for. */
struct list_choice {
	const struct answer *answer;
	const struct status *status;
	const struct status_pool *pool; /* NULL: all */
	struct slice name;              /* n 0: all of the pool */
};

/* Every field of every record, under the names of the protocol, numbers as
 * numbers; a line. */
void list_json(const struct list_choice *c);
void list_json_changes(const struct answer *a);

#endif
