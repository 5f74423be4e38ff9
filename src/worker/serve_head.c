/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request gets of a stored response: which head, and which bytes. */
#include "worker/serve_head.h"

#include "base/clock.h"
#include "http/date.h"

#define EXTRA 4     /* fields of ours */
#define TEXT_ROOM 512

/* Memory of the head under way. */
static struct field fields[STORED_FIELDS + EXTRA];
static char room[TEXT_ROOM];
static struct buf text;

static void add(struct serve_plan *p, enum field_id id, struct slice name,
    struct slice value)
{
	struct field f = {name, value, (uint16_t)id, 0};

	if (p->h.nfields < STORED_FIELDS + EXTRA)
		stored_head_add(&p->h, &f);
}

/* What has been written to text since `from`. */
static struct slice since(const char *from)
{
	return slice_make(from, (size_t)(text.at - from));
}

static void add_age(struct serve_plan *p, int64_t now)
{
	int64_t age = freshness_age(&p->st.fresh, now);
	const char *from = text.at;

	buf_u64(&text, age > 0 ? (uint64_t)age : 0);
	add(p, FIELD_AGE, SLICE("Age"), since(from));
}

/* RFC 9211, 2: what was forwarded says why; the others are hits. */
static struct cachestatus status_of(const struct serve_plan *p, int64_t now)
{
	static const struct cachestatus by[] = {
		[SERVE_HIT] = {.hit = true},
		[SERVE_STALE] = {.hit = true},
		[SERVE_STALE_ERROR] = {.fwd = FWD_STALE,
		    .detail = "stale-if-error"},
		[SERVE_RENEWED] = {.fwd = FWD_STALE, .fwd_status = 304},
		[SERVE_COLLAPSED] = {.fwd = FWD_URI_MISS, .collapsed = true},
	};
	struct cachestatus c = by[p->how];

	c.has_ttl = true;
	c.ttl = p->st.fresh.lifetime - freshness_age(&p->st.fresh, now);
	return c;
}

#define STATUS_NAME "Cache-Status: "

static void add_status(struct serve_plan *p, int64_t now)
{
	struct cachestatus c = status_of(p, now);
	const char *from = text.at;

	cachestatus_put(&text, &c);
	struct slice line = since(from);
	if (line.n < sizeof STATUS_NAME + 2 || text.full)
		return;
	add(p, FIELD_CACHE_STATUS, SLICE("Cache-Status"), slice_make(line.p
	    + sizeof STATUS_NAME - 1, line.n - sizeof STATUS_NAME - 1));
}

/* Who stores a response without a Date says when it came (RFC 9110, 6.6.1). */
static void add_date(struct serve_plan *p)
{
	static char date[DATE_LENGTH + 1];

	if (head_has(&p->h, FIELD_DATE))
		return;
	date_format(p->st.validators.date, date);
	add(p, FIELD_DATE, SLICE("Date"), slice_make(date, DATE_LENGTH));
}

/* What speaks of a body that a 304 has not (RFC 9110, 15.4.5). */
static bool is_of_body(const struct serve_plan *p, const struct field *f)
{
	static const struct slice names[] = {
		{"content-language", 16}, {"content-digest", 14},
		{"repr-digest", 11}, {"digest", 6}, {"content-md5", 11},
	};

	switch (f->id) {
	case FIELD_CONTENT_TYPE:
	case FIELD_CONTENT_ENCODING:
	case FIELD_CONTENT_RANGE:
	case FIELD_ACCEPT_RANGES:
		return true;
	case FIELD_LAST_MODIFIED:
		return p->st.validators.etag.n > 0;
	case FIELD_OTHER:
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			if (slice_caseeq(f->name, names[i]))
				return true;
		return false;
	default:
		return false;
	}
}

static void make_not_modified(struct serve_plan *p)
{
	p->h.status = 304;
	p->end = 0;
	p->body = (struct framing){.kind = BODY_NONE};
	for (unsigned i = 0; i < p->h.nfields; i++)
		if (is_of_body(p, &p->h.fields[i]))
			p->h.fields[i].flags |= FIELD_DROP;
}

static void add_content_range(struct serve_plan *p, const struct range *one)
{
	const char *from = text.at;

	if (one)
		range_put(&text, one, p->total);
	else
		range_put_none(&text, p->total);
	add(p, FIELD_CONTENT_RANGE, SLICE("Content-Range"), since(from));
}

static void make_unsatisfiable(struct serve_plan *p)
{
	stored_head_begin(&p->h, fields, 416);
	p->end = 0;
	p->body = (struct framing){.kind = BODY_LENGTH, .length = 0};
	add_content_range(p, NULL);
}

static void make_range(struct serve_plan *p, const struct range *one)
{
	p->h.status = 206;
	p->first = one->first;
	p->end = one->last + 1;
	p->body.length = p->end - p->first;
	add_content_range(p, one);
}

static void make_parts(struct serve_plan *p, const struct request *r)
{
	struct field *type = head_find(&p->h, FIELD_CONTENT_TYPE);
	const char *from = text.at;

	p->type = type ? type->value : slice_make("", 0);
	uint64_t length = serve_parts_length(p, r);
	if (!p->whole || length > SERVE_PARTS_MOST) {
		p->parts.n = 0;
		return;
	}
	p->h.status = 206;
	p->body.length = length;
	BUF_LIT(&text, "multipart/byteranges; boundary=");
	buf_put(&text, r->id, REQUEST_ID);
	if (type)
		type->value = since(from);
	else
		add(p, FIELD_CONTENT_TYPE, SLICE("Content-Type"), since(from));
}

static void judge_range(struct serve_plan *p, const struct request *r,
    int64_t now)
{
	struct ranges ranges;

	if (r->head.method_id != METHOD_GET
	    || !head_has(&r->head, FIELD_RANGE)
	    || head_has_many(&r->head, FIELD_RANGE)
	    || !etag_allows_range(&r->head, &p->st.validators, (time_t)now))
		return;
	switch (range_parse(head_value(&r->head, FIELD_RANGE), p->total,
	    &ranges)) {
	case RANGE_NONE:
		make_unsatisfiable(p);
		break;
	case RANGE_SOME:
		if (ranges.n == 1) {
			make_range(p, &ranges.at[0]);
			break;
		}
		p->parts = ranges;
		make_parts(p, r);
		break;
	case RANGE_ALL:
		break;
	}
}

/* A stored 200 alone is what conditions and ranges are about (RFC 9110,
 * 13.2.1, 14.2). */
static void judge(struct serve_plan *p, const struct request *r, int64_t now)
{
	if (p->st.status != 200)
		return;
	if (etag_judge(&r->head, &p->st.validators, (time_t)now)
	    == PRECONDITION_NOT_MODIFIED)
		make_not_modified(p);
	else
		judge_range(p, r, now);
}

void serve_plan(struct serve_plan *p, const struct request *r, int64_t now)
{
	buf_init(&text, room, sizeof room);
	stored_head(&p->st, &p->h, fields);
	p->first = p->parts.n = 0;
	p->end = p->total;
	p->body = (struct framing){.kind = p->st.status == 204 ? BODY_NONE
	    : BODY_LENGTH, .length = p->total};
	judge(p, r, now);
	if (p->h.status != 416) {
		add_date(p);
		add_age(p, now);
	}
	if (r->route->policy.cache.status_header)
		add_status(p, now);
	if (r->head.method_id == METHOD_HEAD) {
		p->first = p->end = 0;
		p->parts.n = 0;
	}
}
