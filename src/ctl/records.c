/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the master's answers: a line each, "kind\tkey=text\tkey:=1". */
#include "ctl/records.h"

static bool is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '_'
		    && !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.n > 0;
}

static bool read_number(struct slice s, int64_t *to)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (minus)
		s = slice_make(s.p + 1, s.n - 1);
	/* What JSON calls a number: no zero before other digits. */
	if (!slice_u64(s, &v) || v > INT64_MAX || (s.n > 1 && s.p[0] == '0'))
		return false;
	*to = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static const struct record_field *find(const struct record *r,
    struct slice key)
{
	for (unsigned i = 0; i < r->n; i++)
		if (slice_eq(r->fields[i].key, key))
			return &r->fields[i];
	return NULL;
}

static bool add_field(struct record *r, struct slice text)
{
	struct record_field *f;
	struct slice key = slice_cut(&text, '=');

	if (text.p == NULL || r->n == RECORD_FIELDS)
		return false;
	f = &r->fields[r->n];
	f->is_number = slice_ends(key, SLICE(":"));
	if (f->is_number)
		key.n--;
	if (!is_word(key) || find(r, key))
		return false;
	f->key = key;
	f->text = text;
	f->number = 0;
	r->n++;
	return !f->is_number || read_number(text, &f->number);
}

static bool add_text(struct record *r, struct slice text)
{
	if (text.n == 0 || text.p[0] != '=')
		return false;
	r->fields[0] = (struct record_field){.text = slice_make(text.p + 1,
		text.n - 1)};
	r->n = 1;
	return true;
}

bool record_parse(struct slice line, struct record *to)
{
	to->n = 0;
	to->kind = slice_cut(&line, '\t');
	if (!is_word(to->kind))
		return false;
	if (record_is(to, "text"))
		return line.p && add_text(to, line);
	while (line.p)
		if (!add_field(to, slice_cut(&line, '\t')))
			return false;
	return true;
}

const struct record_field *record_find(const struct record *r,
    const char *key)
{
	return find(r, slice_str(key));
}

struct slice record_text(const struct record *r, const char *key)
{
	const struct record_field *f = record_find(r, key);

	return f ? f->text : SLICE("");
}

bool record_is(const struct record *r, const char *kind)
{
	return slice_eq(r->kind, slice_str(kind));
}
