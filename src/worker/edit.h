/* SPDX-License-Identifier: BSD-2-Clause */
/* What a route does to the fields of a head. */
#ifndef WORKER_EDIT_H
#define WORKER_EDIT_H

#include "base/buf.h"
#include "worker/request.h"

/* True if the fields of that name are taken out or replaced. */
bool edit_drops(const struct conf_edits *e, struct slice name);

/* Writes the fields that are set and added. */
void edit_put(struct buf *b, const struct request *r,
    const struct conf_edits *e);

/* Takes those fields out of n bytes of lines, as trailer_copy writes them, that
 * edit_drops or that are in the list: what a route keeps from the other side
 * does not get there behind the body. Returns the bytes that are left. */
size_t edit_trailers(char *text, size_t n, const struct conf_edits *e,
    const struct conf_list *hide);

/* True if the name is in the list, in any case. */
bool edit_is_among(const struct conf_list *list, struct slice name);

#endif
