/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of the answers that we make: the route's pages, or plain ones. */
#ifndef WORKER_PAGE_H
#define WORKER_PAGE_H

#include "worker/request.h"

struct page_text {
	struct slice type, body;
};

#define PAGE_PLAIN 512 /* room for a plain page of any status */

/* What to say with a status: of the route's pages for it the one whose type
 * the client likes best, the first of equals; else a plain one in HTML or
 * JSON, made in room. */
struct page_text page_of(const struct request *r, unsigned status,
    char room[PAGE_PLAIN]);

#endif
