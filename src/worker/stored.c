/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: what the cache keeps of a response, read in place. */
#include "worker/stored.h"

#include "worker/stored_wire.h"
#include "worker/told.h"

/* Cuts n bytes off *rest; false if there are less. */
static bool cut(struct slice *rest, size_t n, struct slice *to)
{
	if (n > rest->n)
		return false;
	*to = slice_make(rest->p, n);
	*rest = slice_make(rest->p + n, rest->n - n);
	return true;
}

static void take_times(const struct stored_wire *w, struct stored *to)
{
	to->fresh = (struct freshness){
		.received = w->received,
		.age = w->age,
		.delay = w->delay >= 0 && w->delay <= w->age ? w->delay : 0,
		.lifetime = w->lifetime,
		.stale_while_revalidate = w->stale_while_revalidate,
		.stale_if_error = w->stale_if_error,
		.validate = w->flags & STORED_VALIDATE,
		.strict = w->flags & STORED_STRICT,
		.heuristic = w->flags & STORED_HEURISTIC,
	};
	to->validators.modified = (time_t)w->modified;
	to->validators.has_modified = w->flags & STORED_MODIFIED;
	to->validators.date = (time_t)w->date;
}

static bool take_etag(const struct stored_wire *w, struct slice texts,
    struct stored *to)
{
	if (w->etag > texts.n || w->netag > texts.n - w->etag)
		return false;
	to->validators.etag = slice_make(texts.p + w->etag, w->netag);
	return true;
}

bool stored_read(struct slice record, struct stored *to)
{
	struct stored_wire w;
	struct slice lines, texts, *const parts[WIRE_PARTS] = {&lines,
	    &to->host, &to->target, &to->tags, &to->origin, &to->vary, &texts};

	if (record.n < sizeof w)
		return false;
	memcpy(&w, record.p, sizeof w);
	if (w.magic != STORED_MAGIC || w.nfields > STORED_FIELDS
	    || w.part[WIRE_LINES] != w.nfields * sizeof(struct stored_line))
		return false;
	record = slice_make(record.p + sizeof w, record.n - sizeof w);
	for (unsigned i = 0; i < WIRE_PARTS; i++)
		if (!cut(&record, w.part[i], parts[i]))
			return false;
	to->status = w.status;
	to->pass = w.flags & STORED_PASS;
	to->origin_tls = w.flags & STORED_ORIGIN_TLS;
	to->nfields = w.nfields;
	to->fields = lines;
	to->texts = texts;
	take_times(&w, to);
	return take_etag(&w, texts, to);
}

void stored_head_add(struct head *h, const struct field *f)
{
	uint64_t bit = UINT64_C(1) << f->id;

	if (h->seen & bit) {
		h->repeated |= bit;
	} else {
		h->seen |= bit;
		h->first[f->id] = (uint16_t)h->nfields;
	}
	h->fields[h->nfields++] = *f;
}

void stored_head_begin(struct head *h, struct field *fields, unsigned status)
{
	head_init(h, fields, STORED_FIELDS);
	h->status = status;
	h->reason = slice_make("", 0);
	h->minor = 1;
	h->nfields = 0;
	h->seen = h->repeated = 0;
	h->length = 0;
}

void stored_head(const struct stored *st, struct head *h,
    struct field *fields)
{
	struct slice lines = st->fields, texts = st->texts, one;
	struct stored_line line;

	stored_head_begin(h, fields, st->status);
	while (cut(&lines, sizeof line, &one)) {
		struct field f = {.flags = 0};
		memcpy(&line, one.p, sizeof line);
		if (line.id >= FIELD_KNOWN || h->nfields == STORED_FIELDS
		    || !cut(&texts, line.name, &f.name)
		    || !cut(&texts, line.value, &f.value))
			return;
		f.id = line.id;
		stored_head_add(h, &f);
	}
}

bool stored_fits(struct slice record, const void *arg)
{
	static char text[STORED_MOST];
	const struct request *r = arg;
	struct stored st;
	struct stored_vary v;
	struct slice one, name, value;

	if (!stored_read(record, &st))
		return false;
	while (st.vary.n > 0) {
		struct buf b;
		bool has;
		if (!cut(&st.vary, sizeof v, &one))
			return false;
		memcpy(&v, one.p, sizeof v);
		if (!cut(&st.vary, v.name, &name)
		    || !cut(&st.vary, v.value, &value))
			return false;
		buf_init(&b, text, sizeof text);
		if (!told_put_field(&b, r, name, &has) || has != (v.has != 0)
		    || !slice_eq(slice_make(text, buf_length(&b)), value))
			return false;
	}
	return true;
}

bool stored_subject(struct slice record, struct ban_subject *to)
{
	struct stored st;

	if (!stored_read(record, &st))
		return false;
	*to = (struct ban_subject){st.host, st.target, st.tags};
	return true;
}
