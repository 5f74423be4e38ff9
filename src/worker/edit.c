/* SPDX-License-Identifier: BSD-2-Clause */
/* What a route does to the fields of a head. */
#include "worker/edit.h"

#include "worker/expand.h"

bool edit_is_among(const struct conf_list *list, struct slice name)
{
	for (unsigned i = 0; i < list->n; i++)
		if (list->at[i].n == name.n
		    && slice_caseeq(list->at[i], name))
			return true;
	return false;
}

bool edit_drops(const struct conf_edits *e, struct slice name)
{
	for (unsigned i = 0; i < e->nset; i++)
		if (slice_caseeq(e->set[i].name, name))
			return true;
	return edit_is_among(&e->remove, name);
}

static void put_all(struct buf *b, const struct request *r,
    const struct conf_edit *at, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_slice(b, at[i].name);
		BUF_LIT(b, ": ");
		expand_for_route(b, r, &at[i].value);
		BUF_LIT(b, "\r\n");
	}
}

void edit_put(struct buf *b, const struct request *r,
    const struct conf_edits *e)
{
	put_all(b, r, e->set, e->nset);
	put_all(b, r, e->add, e->nadd);
}
