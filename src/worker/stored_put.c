/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: written from a response's head. */
#include "http/cachecontrol.h"
#include "http/date.h"
#include "worker/key.h"
#include "worker/stick.h"
#include "worker/stored.h"
#include "worker/stored_wire.h"
#include "worker/told.h"

#define CACHE_GROUPS SLICE("cache-groups")

/* What a record is made of. */
struct plan {
	const struct request *r;
	const struct head *h;
	const struct freshness *f;
	const struct stored *old; /* freshened; or NULL */
	struct cachecontrol cc;
	struct stored_wire w;
};

/* Each use says its own age, length, and connection; tags are for us alone;
 * and what no-cache and private name is not for those who come later (RFC
 * 9111, 3.1, 5.2.2.4, 5.2.2.7). */
static bool is_left_out(const struct plan *p, const struct field *f)
{
	return (f->flags & FIELD_DROP) || f->id == FIELD_AGE
	    || f->id == FIELD_CONTENT_LENGTH
	    || f->id == FIELD_SURROGATE_KEY
	    || field_has_item(p->cc.no_cache_fields, f->name)
	    || field_has_item(p->cc.private_fields, f->name)
	    || (f->id == FIELD_SET_COOKIE && stick_is_ours(p->r, f->value));
}

/* Begins a part, and ends the one before. */
static void begin(struct plan *p, const struct buf *b, unsigned part,
    size_t *from)
{
	if (part > 0)
		p->w.part[part - 1] = (uint32_t)(buf_length(b) - *from);
	*from = buf_length(b);
}

static void put_lines(struct plan *p, struct buf *b)
{
	for (unsigned i = 0; i < p->h->nfields; i++) {
		const struct field *f = &p->h->fields[i];
		if (is_left_out(p, f))
			continue;
		struct stored_line line = {f->id, (uint16_t)f->name.n,
		    (uint32_t)f->value.n};
		buf_put(b, (const char *)&line, sizeof line);
		p->w.nfields++;
	}
}

static void put_all(struct buf *b, const struct head *h, struct slice name,
    struct slice between, const struct slice *old)
{
	bool found = false;

	for (unsigned i = 0; i < h->nfields; i++) {
		if (!slice_caseeq(h->fields[i].name, name))
			continue;
		if (found)
			buf_slice(b, between);
		buf_slice(b, h->fields[i].value);
		found = true;
	}
	if (!found && old)
		buf_slice(b, *old);
}

/* A 304 that says no tags leaves them as they were. */
static void put_tags(const struct plan *p, struct buf *b)
{
	struct slice groups = {NULL, 0}, keys;

	if (p->old) {
		groups = p->old->tags;
		keys = slice_cut(&groups, '\n');
	}
	put_all(b, p->h, field_name(FIELD_SURROGATE_KEY), SLICE(" "),
	    p->old ? &keys : NULL);
	BUF_LIT(b, "\n");
	put_all(b, p->h, CACHE_GROUPS, SLICE(", "), p->old ? &groups : NULL);
}

static void put_origin(struct plan *p, struct buf *b)
{
	const struct conf_backend *from = p->r->backend;
	bool tls = p->old ? p->old->origin_tls : from && from->tls;

	if (p->old)
		buf_slice(b, p->old->origin);
	else if (from)
		buf_slice(b, from->host);
	if (tls)
		p->w.flags |= STORED_ORIGIN_TLS;
}

static bool put_vary(const struct plan *p, struct buf *b)
{
	struct slice names[VARY_MOST];
	unsigned n;

	if (!vary_names(p->h, names, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct stored_vary v = {0, (uint16_t)names[i].n, 0};
		size_t at = buf_length(b), from;
		bool has;
		buf_put(b, (const char *)&v, sizeof v);
		buf_slice(b, names[i]);
		from = buf_length(b);
		if (!told_put_field(b, p->r, names[i], &has))
			return false;
		v.has = has;
		v.value = (uint32_t)(buf_length(b) - from);
		memcpy(b->start + at, &v, sizeof v);
	}
	return true;
}

static void put_texts(struct plan *p, struct buf *b, size_t from)
{
	bool etag = false;

	for (unsigned i = 0; i < p->h->nfields; i++) {
		const struct field *f = &p->h->fields[i];
		if (is_left_out(p, f))
			continue;
		buf_slice(b, f->name);
		if (f->id == FIELD_ETAG && !etag && etag_is_valid(f->value)) {
			p->w.etag = (uint32_t)(buf_length(b) - from);
			p->w.netag = (uint32_t)f->value.n;
			etag = true;
		}
		buf_slice(b, f->value);
	}
}

static void set_times(struct plan *p)
{
	const struct freshness *f = p->f;
	struct stored_wire *w = &p->w;
	time_t t, now = (time_t)f->received;

	w->received = f->received;
	w->age = f->age;
	w->delay = f->delay;
	w->lifetime = f->lifetime;
	w->stale_while_revalidate = f->stale_while_revalidate;
	w->stale_if_error = f->stale_if_error;
	w->flags = (uint16_t)(w->flags | (f->validate ? STORED_VALIDATE : 0)
	    | (f->strict ? STORED_STRICT : 0)
	    | (f->heuristic ? STORED_HEURISTIC : 0));
	w->date = date_parse(head_value(p->h, FIELD_DATE), now, &t) ? t : now;
	if (date_parse(head_value(p->h, FIELD_LAST_MODIFIED), now, &t)) {
		w->modified = t;
		w->flags |= STORED_MODIFIED;
	}
}

/* The beginning is known when all the rest is. */
static bool put(struct plan *p, struct buf *b)
{
	size_t start = buf_length(b), from = 0;

	buf_put(b, (const char *)&p->w, sizeof p->w);
	begin(p, b, WIRE_LINES, &from);
	put_lines(p, b);
	begin(p, b, WIRE_HOST, &from);
	key_put_host(b, p->r);
	begin(p, b, WIRE_TARGET, &from);
	key_put_target(b, p->r);
	begin(p, b, WIRE_TAGS, &from);
	put_tags(p, b);
	begin(p, b, WIRE_ORIGIN, &from);
	put_origin(p, b);
	begin(p, b, WIRE_VARY, &from);
	if (!put_vary(p, b))
		return false;
	begin(p, b, WIRE_TEXTS, &from);
	put_texts(p, b, from);
	begin(p, b, WIRE_PARTS, &from);
	if (b->full || p->w.nfields > STORED_FIELDS)
		return false;
	memcpy(b->start + start, &p->w, sizeof p->w);
	return true;
}

bool stored_put(struct buf *b, const struct request *r, const struct head *h,
    const struct freshness *f)
{
	struct plan p = {.r = r, .h = h, .f = f,
	    .w = {.magic = STORED_MAGIC, .status = (uint16_t)h->status}};

	cachecontrol_of_response(h, &p.cc);
	set_times(&p);
	return put(&p, b);
}

/* RFC 9111, 3.2: what says how the stored bytes are to be read stays. */
static const uint64_t of_body = UINT64_C(1) << FIELD_CONTENT_ENCODING
    | UINT64_C(1) << FIELD_CONTENT_RANGE
    | UINT64_C(1) << FIELD_CONTENT_LENGTH;

static bool is_kept(const struct head *h, const struct field *f)
{
	if (of_body >> f->id & 1)
		return true;
	for (unsigned i = 0; i < h->nfields; i++)
		if (!(h->fields[i].flags & FIELD_DROP)
		    && slice_caseeq(h->fields[i].name, f->name))
			return false;
	return true;
}

/* A cookie is for the one client that has asked. */
static bool is_new(const struct field *f)
{
	return !(f->flags & FIELD_DROP) && !(of_body >> f->id & 1)
	    && f->id != FIELD_SET_COOKIE;
}

bool stored_merge(const struct stored *old, const struct head *h,
    struct head *to, struct field *fields)
{
	static struct field before[STORED_FIELDS];
	struct head was;

	stored_head(old, &was, before);
	stored_head_begin(to, fields, was.status);
	for (unsigned i = 0; i < was.nfields; i++)
		if (is_kept(h, &was.fields[i]))
			stored_head_add(to, &was.fields[i]);
	for (unsigned i = 0; i < h->nfields; i++) {
		if (!is_new(&h->fields[i]))
			continue;
		if (to->nfields == STORED_FIELDS)
			return false;
		stored_head_add(to, &h->fields[i]);
	}
	return true;
}

bool stored_renew(struct buf *b, const struct request *r,
    const struct stored *old, const struct head *h,
    const struct freshness *f)
{
	static struct field fields[STORED_FIELDS];
	struct head merged;
	struct plan p = {.r = r, .h = &merged, .f = f, .old = old,
	    .w = {.magic = STORED_MAGIC, .status = (uint16_t)old->status}};

	if (!stored_merge(old, h, &merged, fields))
		return false;
	cachecontrol_of_response(&merged, &p.cc);
	set_times(&p);
	return put(&p, b);
}

bool stored_put_pass(struct buf *b, const struct request *r, int64_t until)
{
	struct head none;
	struct freshness f = {.received = until};
	struct plan p = {.r = r, .h = &none, .f = &f,
	    .w = {.magic = STORED_MAGIC, .flags = STORED_PASS}};

	stored_head_begin(&none, NULL, 0);
	set_times(&p);
	return put(&p, b);
}
