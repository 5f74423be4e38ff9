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

size_t edit_trailers(char *text, size_t n, const struct conf_edits *e,
    const struct conf_list *hide)
{
	struct slice rest = slice_make(text, n);
	size_t kept = 0;

	while (rest.n > 0) {
		struct slice line = rest, name = slice_cut(&line, ':');
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t length = end ? (size_t)(end - rest.p) + 1 : rest.n;
		if (!edit_drops(e, name) && !edit_is_among(hide, name)) {
			memmove(text + kept, rest.p, length);
			kept += length;
		}
		rest = slice_make(rest.p + length, rest.n - length);
	}
	return kept;
}
