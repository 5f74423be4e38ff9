/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses heads: the search for their end, start lines, field lines. */
#include "http/head.h"

#include "http/token.h"

enum head_scan head_scan(const char *p, size_t n, struct head_scan_state *st,
    size_t *length)
{
	const char *end = p + n;
	const char *at = p + st->at;
	const char *line = p + st->line;
	enum head_scan found = HEAD_MORE;

	while (found == HEAD_MORE) {
		at = token_skip_value(at, end);
		/* A CR at the end is looked at again with what follows it. */
		if (at == end || (*at == '\r' && end - at == 1))
			break;
		if (at[0] != '\r' || at[1] != '\n')
			return HEAD_BAD;
		at += 2;
		if (at - line == 2 && line > p) {
			*length = (size_t)(at - p);
			found = line > p + 2 ? HEAD_WHOLE : HEAD_BAD;
		}
		line = at;
	}
	st->at = (uint32_t)(at - p);
	st->line = (uint32_t)(line - p);
	return found;
}

void head_init(struct head *h, struct field *fields, unsigned room)
{
	memset(h, 0, sizeof(*h));
	h->fields = fields;
	h->room = room;
}

static void reset(struct head *h)
{
	h->method_id = METHOD_OTHER;
	h->method = h->target = h->reason = (struct slice){NULL, 0};
	h->status = h->minor = h->nfields = 0;
	h->length = 0;
	h->seen = h->repeated = 0;
}

static bool is_crlf(const char *p, const char *end)
{
	return end - p >= 2 && p[0] == '\r' && p[1] == '\n';
}

/* "HTTP/1.0" or "HTTP/1.1" at *p, which moves behind it. */
static const struct refusal *parse_version(struct head *h, const char **p,
    const char *end)
{
	const char *v = *p;

	if (end - v < 8 || memcmp(v, "HTTP/", 5) != 0 || v[6] != '.' ||
	    !token_has(v[5], TOKEN_DIGIT) || !token_has(v[7], TOKEN_DIGIT))
		return refusal_of(REFUSAL_VERSION_FORM);
	if (v[5] != '1' || v[7] > '1')
		return refusal_of(REFUSAL_VERSION);
	h->minor = v[7] == '1';
	*p = v + 8;
	return NULL;
}

/* What of [p, end) has one of bits, up to the first byte that has none. */
static struct slice run_of(const char *p, const char *end, unsigned bits)
{
	const char *at = p;

	while (at < end && token_has(*at, bits))
		at++;
	return slice_make(p, (size_t)(at - p));
}

static const struct refusal *parse_method(struct head *h, const char **p,
    const char *end)
{
	struct slice s = run_of(*p, end, TOKEN_TCHAR);

	if (s.n == 0 || s.p + s.n == end || s.p[s.n] != ' ')
		return refusal_of(REFUSAL_METHOD);
	h->method = s;
	h->method_id = method_find(s);
	*p += s.n + 1;
	return NULL;
}

static const struct refusal *parse_target(struct head *h, const char **p,
    const char *end, size_t max)
{
	struct slice s = run_of(*p, end, TOKEN_TARGET);

	if (s.p + s.n == end)
		return refusal_of(REFUSAL_HEAD_SHORT);
	h->target = s;
	if (s.n > max)
		return refusal_of(REFUSAL_TARGET_LONG);
	if (s.n == 0 || s.p[s.n] == '\r')
		return refusal_of(REFUSAL_REQUEST_LINE);
	if (s.p[s.n] != ' ')
		return refusal_of(REFUSAL_TARGET_BYTES);
	*p += s.n + 1;
	return NULL;
}

static const struct refusal *parse_request_line(struct head *h,
    const char **p, const char *end, size_t max_uri)
{
	const struct refusal *r;

	if ((r = parse_method(h, p, end)) != NULL)
		return r;
	if ((r = parse_target(h, p, end, max_uri)) != NULL)
		return r;
	if ((r = parse_version(h, p, end)) != NULL)
		return r;
	if (!is_crlf(*p, end))
		return refusal_of(REFUSAL_REQUEST_LINE);
	*p += 2;
	return NULL;
}

static const struct refusal *parse_status(struct head *h, const char **p,
    const char *end)
{
	const char *d = *p;

	if (end - d < 4 || *d++ != ' ')
		return refusal_of(REFUSAL_STATUS_LINE);
	if (!token_all(slice_make(d, 3), TOKEN_DIGIT))
		return refusal_of(REFUSAL_STATUS_LINE);
	h->status = (unsigned)((d[0] - '0') * 100 + (d[1] - '0') * 10 +
	    (d[2] - '0'));
	if (h->status < 100 || h->status > 599)
		return refusal_of(REFUSAL_STATUS);
	*p = d + 3;
	return NULL;
}

static const struct refusal *parse_status_line(struct head *h,
    const char **p, const char *end)
{
	const struct refusal *r;
	const char *stop;

	if ((r = parse_version(h, p, end)) != NULL)
		return r;
	if ((r = parse_status(h, p, end)) != NULL)
		return r;
	if (*p < end && **p == ' ') {
		stop = token_skip_value(++*p, end);
		h->reason = slice_make(*p, (size_t)(stop - *p));
		*p = stop;
	}
	if (!is_crlf(*p, end))
		return refusal_of(REFUSAL_STATUS_LINE);
	*p += 2;
	return NULL;
}

/* A name and its colon; sets all of f but the value. */
static const struct refusal *parse_name(struct field *f, const char **p,
    const char *end)
{
	const char *at = *p;
	unsigned bits, met = 0;

	while (at < end) {
		bits = token_class[(uint8_t)*at];
		if (!(bits & TOKEN_TCHAR))
			break;
		met |= bits;
		at++;
	}
	if (at == *p && at < end && (*at == ' ' || *at == '\t'))
		return refusal_of(REFUSAL_FIELD_FOLD);
	if (at == *p || at == end || *at != ':')
		return refusal_of(REFUSAL_FIELD_NAME);
	f->name = slice_make(*p, (size_t)(at - *p));
	f->id = (uint16_t)field_find_id(f->name);
	f->flags = met & TOKEN_UNDERSCORE ? FIELD_UNDERSCORE : 0;
	*p = at + 1;
	return NULL;
}

static const struct refusal *parse_value(struct field *f, const char **p,
    const char *end)
{
	const char *at = *p;
	const char *stop;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	stop = token_skip_value(at, end);
	if (!is_crlf(stop, end))
		return refusal_of(REFUSAL_FIELD_VALUE);
	*p = stop + 2;
	while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
		stop--;
	f->value = slice_make(at, (size_t)(stop - at));
	return NULL;
}

const struct refusal *head_parse_field(struct field *f, const char **p,
    const char *end)
{
	const struct refusal *r = parse_name(f, p, end);

	return r ? r : parse_value(f, p, end);
}

static void note_field(struct head *h, unsigned id)
{
	uint64_t bit = (uint64_t)1 << id;

	if (h->seen & bit) {
		h->repeated |= bit;
	} else {
		h->seen |= bit;
		h->first[id] = (uint16_t)h->nfields;
	}
	h->nfields++;
}

/* Field lines and the empty line behind them. */
static const struct refusal *parse_fields(struct head *h, const char **p,
    const char *end, unsigned max)
{
	const struct refusal *r;
	struct field *f;

	if (max > h->room)
		max = h->room;
	if (max > UINT16_MAX)
		max = UINT16_MAX;
	while (!is_crlf(*p, end)) {
		if (*p == end)
			return refusal_of(REFUSAL_HEAD_SHORT);
		if (h->nfields == max)
			return refusal_of(REFUSAL_FIELDS);
		f = &h->fields[h->nfields];
		if ((r = head_parse_field(f, p, end)) != NULL)
			return r;
		note_field(h, f->id);
	}
	*p += 2;
	return NULL;
}

const struct refusal *head_parse_request(struct head *h, const char *p,
    size_t n, const struct head_limits *limits)
{
	const struct refusal *r;
	const char *at = p;

	reset(h);
	if (is_crlf(at, p + n))
		at += 2;
	r = parse_request_line(h, &at, p + n, limits->max_uri);
	if (!r)
		r = parse_fields(h, &at, p + n, limits->max_fields);
	h->length = (size_t)(at - p);
	return r;
}

const struct refusal *head_parse_response(struct head *h, const char *p,
    size_t n, const struct head_limits *limits)
{
	const struct refusal *r;
	const char *at = p;

	reset(h);
	r = parse_status_line(h, &at, p + n);
	if (!r)
		r = parse_fields(h, &at, p + n, limits->max_fields);
	h->length = (size_t)(at - p);
	return refusal_from_backend(r);
}

struct field *head_find(const struct head *h, enum field_id id)
{
	return head_has(h, id) ? &h->fields[h->first[id]] : NULL;
}

struct field *head_find_next(const struct head *h, const struct field *f)
{
	unsigned i;

	if (!head_has_many(h, (enum field_id)f->id))
		return NULL;
	for (i = (unsigned)(f - h->fields) + 1; i < h->nfields; i++)
		if (h->fields[i].id == f->id)
			return &h->fields[i];
	return NULL;
}

struct field *head_find_name(const struct head *h, struct slice name)
{
	enum field_id id = token_is(name) ? field_find_id(name) : FIELD_OTHER;
	unsigned i;

	if (id != FIELD_OTHER)
		return head_find(h, id);
	if (!head_has(h, FIELD_OTHER))
		return NULL;
	for (i = h->first[FIELD_OTHER]; i < h->nfields; i++)
		if (!(h->fields[i].flags & FIELD_FORGED)
		    && slice_caseeq(h->fields[i].name, name))
			return &h->fields[i];
	return NULL;
}

struct slice head_value(const struct head *h, enum field_id id)
{
	const struct field *f = head_find(h, id);

	return f ? f->value : (struct slice){NULL, 0};
}

bool head_has_item(const struct head *h, enum field_id id, struct slice token)
{
	const struct field *f;

	for (f = head_find(h, id); f; f = head_find_next(h, f))
		if (field_has_item(f->value, token))
			return true;
	return false;
}

bool head_keepalive(const struct head *h)
{
	if (!head_has(h, FIELD_CONNECTION))
		return h->minor == 1;
	if (head_has_item(h, FIELD_CONNECTION, SLICE("close")))
		return false;
	return h->minor == 1 ||
	    head_has_item(h, FIELD_CONNECTION, SLICE("keep-alive"));
}

/* Connection names only; what field.def knows needs no nomination. */
static void drop_named(struct head *h, struct slice name)
{
	unsigned i;

	if (field_find_id(name) != FIELD_OTHER || !head_has(h, FIELD_OTHER))
		return;
	for (i = h->first[FIELD_OTHER]; i < h->nfields; i++)
		if (slice_caseeq(h->fields[i].name, name))
			h->fields[i].flags |= FIELD_DROP;
}

static const struct refusal *drop_nominated(struct head *h)
{
	struct field *f;
	struct slice rest, option;
	unsigned options = 0;

	for (f = head_find(h, FIELD_CONNECTION); f; f = head_find_next(h, f)) {
		rest = f->value;
		while (field_next_item(&rest, &option)) {
			if (!token_is(option))
				return refusal_of(REFUSAL_CONNECTION);
			if (++options > HEAD_OPTIONS)
				return refusal_of(REFUSAL_CONNECTION_LONG);
			drop_named(h, option);
		}
	}
	return NULL;
}

const struct refusal *head_mark_hop_by_hop(struct head *h)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++)
		if (field_is_hop((enum field_id)h->fields[i].id))
			h->fields[i].flags |= FIELD_DROP;
	return drop_nominated(h);
}
