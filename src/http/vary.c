/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads Vary, and brings what it names into one form. */
#include "http/vary.h"

#include "http/field.h"
#include "http/token.h"

static bool has_name(const struct slice *names, unsigned n, struct slice name)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (slice_caseeq(names[i], name))
			return true;
	return false;
}

/* '*' is a tchar: it is asked for by itself. */
static bool add_names(struct slice list, struct slice names[VARY_MOST],
    unsigned *n)
{
	struct slice item;

	while (field_next_item(&list, &item)) {
		if (!token_is(item) || slice_eq(item, SLICE("*")))
			return false;
		if (has_name(names, *n, item))
			continue;
		if (*n == VARY_MOST)
			return false;
		names[(*n)++] = item;
	}
	return true;
}

bool vary_names(const struct head *response, struct slice names[VARY_MOST],
    unsigned *n)
{
	const struct field *f;

	*n = 0;
	for (f = head_find(response, FIELD_VARY); f;
	    f = head_find_next(response, f))
		if (!add_names(f->value, names, n))
			return false;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first byte at or behind p that is no blank. */
static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* One line; a quoted string that it leaves open goes on in the next one, as it
 * does for those who join them first. */
static void put_value(struct buf *b, struct slice value, bool lower,
    bool *quoted)
{
	const char *p = value.p, *end = p + value.n, *next;
	bool comma = false;

	if ((size_t)(b->end - b->at) < value.n) {
		b->full = true;
		return;
	}
	for (; p < end; p++) {
		next = skip_blanks(p, end);
		if (!*quoted && next > p &&
		    (comma || next == end || *next == ',')) {
			p = next - 1;
			continue;
		}
		if (*quoted && *p == '\\' && end - p > 1)
			*b->at++ = *p++;
		else if (*p == '"')
			*quoted = !*quoted;
		comma = *p == ',';
		*b->at++ = lower ? ascii_lower(*p) : *p;
	}
}

static bool is_named(const struct field *f, enum field_id id,
    struct slice name)
{
	if (f->flags & (FIELD_FORGED | FIELD_DROP | FIELD_UNDERSCORE))
		return false;
	return id != FIELD_OTHER ? f->id == id : slice_caseeq(f->name, name);
}

/* Codings and languages are the same in any case (RFC 9110, 8.4.1, 8.5.1). */
void vary_put(struct buf *b, const struct head *request, struct slice name,
    bool *has)
{
	enum field_id id = field_find_id(name);
	bool lower = id == FIELD_ACCEPT_ENCODING || id == FIELD_ACCEPT_LANGUAGE;
	bool quoted = false;
	unsigned i;

	*has = false;
	if (!head_has(request, id))
		return;
	for (i = request->first[id]; i < request->nfields; i++) {
		if (!is_named(&request->fields[i], id, name))
			continue;
		if (*has)
			BUF_LIT(b, ",");
		put_value(b, request->fields[i].value, lower,
		    &quoted);
		*has = true;
	}
}
