/* SPDX-License-Identifier: BSD-2-Clause */
/* Places in responses: what comes out is lawful and leads nowhere else. */
/* links: http base */

/* Three lines: strip_prefix, add_prefix, and the value. */
#include "base/log.h"
#include "http/remap.h"
#include "http/token.h"

#define VALUE_MAX 2048
#define ROOM (3 * VALUE_MAX * VALUE_MAX)
#define OURS "https://shop.example/"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef bool remap_function(const struct remap *, struct slice, struct buf *);

static const struct slice names[] = {
	{"10.0.0.1:8080", 13}, {"app", 3}, {"web:80", 6}, {"[::1]:443", 9},
};

static bool is_lawful(struct slice s)
{
	return s.n == 0 || token_skip_value(s.p, s.p + s.n) == s.p + s.n;
}

/* A path that no browser takes for an authority. */
static bool is_path(struct slice s)
{
	return s.n > 0 && s.p[0] == '/' &&
	    (s.n == 1 || !memchr("/\\\t", s.p[1], 3));
}

static bool run(remap_function *remap, const struct remap *m,
    struct slice value, char *room, struct slice *out)
{
	struct buf b;
	bool changed;

	buf_init(&b, room, ROOM);
	changed = remap(m, value, &b);
	*out = slice_make(room, buf_length(&b));
	MUST(!b.full);
	MUST(changed ? !slice_eq(*out, value) : out->n == 0);
	if (changed)
		MUST(is_lawful(*out));
	return changed;
}

/* What was put in front comes off again. */
static void check_back(const struct remap *m, struct slice value)
{
	static char there[ROOM], back[ROOM];
	struct remap onto = *m, from = *m;
	struct slice out, again;

	onto.add = from.strip = (struct slice){NULL, 0};
	from.add = m->strip;
	if (!is_path(value) || !run(remap_uri, &onto, value, there, &out))
		return;
	MUST(run(remap_uri, &from, out, back, &again));
	MUST(slice_eq(again, value));
}

static void check_uri(struct remap m, struct slice value)
{
	static char room[ROOM];
	struct slice out;

	check_back(&m, value);
	if (run(remap_uri, &m, value, room, &out))
		MUST(is_path(out) || slice_starts(out, SLICE(OURS)));
	m.scheme = m.authority = (struct slice){NULL, 0};
	if (run(remap_uri, &m, value, room, &out))
		MUST(is_path(out));
	run(remap_refresh, &m, value, room, &out);
}

static void check_cookie(struct remap m, struct slice value)
{
	static char room[ROOM], again[ROOM];
	struct slice rest = value, first = slice_cut(&rest, ';'), out, last;

	if (!run(remap_cookie, &m, value, room, &out))
		return;
	MUST(slice_starts(out, first));
	m.strip = m.add = (struct slice){NULL, 0};
	MUST(!run(remap_cookie, &m, out, again, &last));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice value = {(const char *)bytes, n};
	struct remap m = {names, sizeof(names) / sizeof(names[0]),
		SLICE("https"), SLICE("shop.example"), {NULL, 0}, {NULL, 0}};

	if (n > VALUE_MAX)
		return 0;
	m.strip = slice_cut(&value, '\n');
	m.add = slice_cut(&value, '\n');
	if ((m.strip.n > 0 && !is_path(m.strip)) || !is_lawful(value))
		return 0;
	check_uri(m, value);
	check_cookie(m, value);
	return 0;
}
