/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets, hosts and paths: what comes out is safe and in its final form. */
/* links: http base */
#include "base/log.h"
#include "http/token.h"
#include "http/uri.h"

#define PATH_ROOM 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_host(struct slice text)
{
	struct slice host;
	uint16_t port;

	if (!uri_parse_host(text, &host, &port))
		return;
	MUST(host.n > 0 && host.n <= URI_HOST_MAX && host.p == text.p);
	if (host.p[0] != '[')
		MUST(token_all(host, TOKEN_HOST));
	else
		MUST(host.p[host.n - 1] == ']');
}

static void check_segments(struct slice path)
{
	struct slice rest = path, segment;

	while (rest.p) {
		segment = slice_cut(&rest, '/');
		MUST(!slice_eq(segment, SLICE(".")));
		MUST(!slice_eq(segment, SLICE("..")));
	}
}

/* As the laxest server reads it. */
static bool has_dots(struct slice path)
{
	static char text[PATH_ROOM];
	struct slice rest, segment;
	size_t n = 0;

	for (size_t i = 0; i < path.n; i++) {
		struct slice left = slice_make(path.p + i, path.n - i);
		bool coded = slice_starts(left, SLICE("%2F"));
		text[n++] = coded || path.p[i] == '\\' ? '/' : path.p[i];
		i += coded ? 2 : 0;
	}
	rest = slice_make(text, n);
	while (rest.p) {
		segment = slice_cut(&rest, '/');
		if (slice_eq(slice_cut(&segment, ';'), SLICE("..")))
			return true;
	}
	return false;
}

/* What is put stays as it is when it is put again. */
static struct slice check_put(void (*put)(struct buf *, struct slice),
    struct slice text, char *room)
{
	static char twice[3 * PATH_ROOM];
	struct buf b, again;

	buf_init(&b, room, 3 * PATH_ROOM);
	put(&b, text);
	MUST(!b.full && buf_length(&b) >= text.n);
	text = slice_make(room, buf_length(&b));
	MUST(text.n == 0 || token_all(text, TOKEN_TARGET));
	buf_init(&again, twice, sizeof(twice));
	put(&again, text);
	MUST(slice_eq(text, slice_make(twice, buf_length(&again))));
	return text;
}

/* Encoding gives a normal path back to who decodes it. */
static void check_again(struct slice normal)
{
	static char coded[3 * PATH_ROOM], again[3 * PATH_ROOM];
	struct slice text = check_put(uri_put_path, normal, coded), out;

	MUST(!memchr(text.p, '?', text.n));
	MUST(uri_normalise_path(text, again, sizeof(again), &out) == NULL);
	MUST(slice_eq(out, normal));
}

static void check_rest(struct slice path, struct slice prefix)
{
	bool found;
	struct slice rest = uri_path_rest(path, prefix, &found);

	MUST(rest.n == 0 || rest.p[0] == '/');
	MUST(found || rest.n == 0);
	if (!found)
		return;
	MUST(slice_starts(path, prefix) && slice_ends(path, rest));
	MUST(path.n == prefix.n + rest.n || path.n + 1 == prefix.n + rest.n);
}

static void check_path(struct slice path)
{
	char once[PATH_ROOM], twice[PATH_ROOM];
	struct slice out, again;

	if (path.n > PATH_ROOM)
		return;
	if (uri_normalise_path(path, once, path.n, &out) != NULL)
		return;
	MUST(out.n <= path.n);
	if (path.n == 0 || path.p[0] != '/')
		return;
	MUST(out.n > 0 && out.p[0] == '/');
	check_segments(out);
	MUST(uri_hides_dots(out) == has_dots(out));
	MUST(uri_normalise_path(out, twice, sizeof(twice), &again) == NULL);
	MUST(slice_eq(out, again));
	if (token_all(path, TOKEN_TARGET))
		check_again(out);
}

static void check_target(struct slice target, enum method m)
{
	struct uri u;
	char to[PATH_ROOM];
	struct slice out;

	if (uri_parse_target(target, m, &u) != NULL)
		return;
	MUST(token_all(target, TOKEN_TARGET));
	MUST(u.form == URI_ORIGIN || u.form == URI_ASTERISK || u.host.n > 0);
	MUST(u.form == URI_AUTHORITY || u.path.n > 0);
	if (!uri_normalise_path(u.path, to, sizeof(to), &out))
		MUST(out.n == 0 || token_skip_value(out.p, out.p + out.n) ==
		    out.p + out.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static char room[3 * PATH_ROOM];
	struct slice text = {(const char *)bytes, n};

	check_target(text, METHOD_GET);
	check_target(text, METHOD_OPTIONS);
	check_target(text, METHOD_CONNECT);
	check_host(text);
	check_path(text);
	check_rest(text, slice_make(text.p, n / 2));
	if (n <= PATH_ROOM) {
		check_put(uri_put_path, text, room);
		check_put(uri_put_query, text, room);
	}
	return 0;
}
