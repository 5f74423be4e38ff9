/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: what is stored is read back, and nothing else is. */
/* links: worker shm net http conf base */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/head.h"
#include "worker/stored.h"

#define FIELDS 200

static struct conf_listener listener;
static struct conf_pool pool = {.name = "app"};
static struct conf_backend backend = {.host = {"10.0.0.1:80", 11}};
static struct conf_route route = {.action = CONF_POOL, .pool = &pool};
static struct request r;
static struct field asked[FIELDS], said[FIELDS], got[STORED_FIELDS + 1];
static char room[STORED_MOST];
static struct buf b;

static void ask(const char *text)
{
	const struct head_limits limits = {FIELDS, 8192};

	memset(&r, 0, sizeof r);
	head_init(&r.head, asked, FIELDS);
	ck_assert_ptr_null(head_parse_request(&r.head, text, strlen(text),
	    &limits));
	r.route = &route;
	r.home = r.pool = &pool;
	r.backend = &backend;
	r.listener = &listener;
	r.host = SLICE("a.example");
	r.path = SLICE("/x");
	r.uri.query = SLICE("q=1");
}

static struct head parse(const char *text)
{
	const struct head_limits limits = {FIELDS, 0};
	struct head h;

	head_init(&h, said, FIELDS);
	ck_assert_ptr_null(head_parse_response(&h, text, strlen(text),
	    &limits));
	ck_assert_ptr_null(head_mark_hop_by_hop(&h));
	return h;
}

static const struct freshness fresh = {.received = 1000, .age = 3,
	.lifetime = 60, .stale_while_revalidate = 5, .stale_if_error = 7,
	.validate = true, .heuristic = true};

static struct slice store(const char *text)
{
	struct head h = parse(text);

	buf_init(&b, room, sizeof room);
	ck_assert(stored_put(&b, &r, &h, &fresh));
	return slice_make(room, buf_length(&b));
}

#define GET "GET /x?q=1 HTTP/1.1\r\nHost: a.example\r\n"

static void check_slice(struct slice s, const char *want)
{
	ck_assert_msg(slice_eq(s, slice_str(want)), "\"%.*s\", not \"%s\"",
	    SLICE_FMT(s), want);
}

START_TEST(a_record_is_read_back)
{
	struct stored st;
	struct head h;

	ask(GET "\r\n");
	ck_assert(stored_read(store("HTTP/1.1 203 Odd\r\nETag: W/\"e\"\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT\r\n"
	    "WWW-Authenticate: </a>\r\n"
	    "WWW-Authenticate: </b>\r\n\r\n"), &st));
	ck_assert_uint_eq(st.status, 203);
	ck_assert(!st.pass);
	ck_assert_int_eq(st.fresh.received, 1000);
	ck_assert_int_eq(st.fresh.age, 3);
	ck_assert_int_eq(st.fresh.lifetime, 60);
	ck_assert_int_eq(st.fresh.stale_while_revalidate, 5);
	ck_assert_int_eq(st.fresh.stale_if_error, 7);
	ck_assert(st.fresh.validate && !st.fresh.strict
	    && st.fresh.heuristic);
	check_slice(st.validators.etag, "W/\"e\"");
	ck_assert(st.validators.has_modified);
	ck_assert_int_eq(st.validators.modified, 784111776);
	ck_assert_int_eq(st.validators.date, 784111777);
	check_slice(st.host, "a.example");
	check_slice(st.target, "/x?q=1");
	check_slice(st.origin, "10.0.0.1:80");
	stored_head(&st, &h, got);
	ck_assert_uint_eq(h.status, 203);
	ck_assert_uint_eq(h.nfields, 5);
	check_slice(head_value(&h, FIELD_WWW_AUTHENTICATE), "</a>");
	ck_assert(head_has_many(&h, FIELD_WWW_AUTHENTICATE));
	check_slice(head_find_next(&h, head_find(&h,
	    FIELD_WWW_AUTHENTICATE))->value, "</b>");
}
END_TEST

START_TEST(some_fields_are_left_out)
{
	struct stored st;
	struct head h;

	ask(GET "\r\n");
	ck_assert(stored_read(store("HTTP/1.1 200 OK\r\nAge: 5\r\n"
	    "Content-Length: 3\r\nConnection: x-hop\r\nX-Hop: 1\r\n"
	    "Cache-Control: private=\"x-own\", no-cache=\"x-fresh\"\r\n"
	    "X-Own: 1\r\nX-Fresh: 1\r\nX-Kept: 1\r\n"
	    "Surrogate-Key: a b\r\nSurrogate-Key: c\r\n"
	    "Cache-Groups: \"g\"\r\n\r\n"), &st));
	stored_head(&st, &h, got);
	ck_assert_uint_eq(h.nfields, 3);
	ck_assert(head_has(&h, FIELD_CACHE_CONTROL));
	ck_assert_ptr_nonnull(head_find_name(&h, SLICE("X-Kept")));
	ck_assert_ptr_nonnull(head_find_name(&h, SLICE("Cache-Groups")));
	check_slice(st.tags, "a b c\n\"g\"");
}
END_TEST

START_TEST(vary_chooses)
{
	struct slice record;

	ask(GET "Accept-Language: de\r\n\r\n");
	record = store("HTTP/1.1 200 OK\r\nVary: accept-language, X-Y\r\n\r\n");
	ck_assert(stored_fits(record, &r));
	ask(GET "Accept-Language: en\r\n\r\n");
	ck_assert(!stored_fits(record, &r));
	ask(GET "\r\n");
	ck_assert(!stored_fits(record, &r));
	ask(GET "Accept-Language: de\r\nX-Y: 1\r\n\r\n");
	ck_assert(!stored_fits(record, &r));
	ask(GET "Accept-Language: de\r\nX-Z: 1\r\n\r\n");
	ck_assert(stored_fits(record, &r));
}
END_TEST

START_TEST(vary_by_all_is_for_nobody)
{
	struct head h;

	ask(GET "\r\n");
	h = parse("HTTP/1.1 200 OK\r\nVary: *\r\n\r\n");
	buf_init(&b, room, sizeof room);
	ck_assert(!stored_put(&b, &r, &h, &fresh));
}
END_TEST

START_TEST(what_does_not_fit_is_not_stored)
{
	struct head h;

	ask(GET "\r\n");
	h = parse("HTTP/1.1 200 OK\r\nX: 1234567890\r\n\r\n");
	for (size_t n = 0; n < 200; n++) {
		buf_init(&b, room, n);
		bool made = stored_put(&b, &r, &h, &fresh);
		ck_assert_uint_le(buf_length(&b), n);
		ck_assert(made == !b.full);
	}
	ck_assert(!b.full);
}
END_TEST

/* RFC 9111, 3.2 */
START_TEST(a_304_replaces_what_it_says)
{
	static char other[STORED_MOST];
	struct freshness later = {.received = 2000, .lifetime = 9};
	struct slice old;
	struct stored st;
	struct head h;

	ask(GET "\r\n");
	old = store("HTTP/1.1 200 OK\r\nContent-Type: text/a\r\n"
	    "X-A: 1\r\nX-A: 2\r\nX-B: 1\r\nETag: \"1\"\r\n"
	    "Content-Encoding: gzip\r\nSurrogate-Key: k\r\n\r\n");
	memcpy(other, old.p, old.n);
	ck_assert(stored_read(slice_make(other, old.n), &st));
	h = parse("HTTP/1.1 304 Not Modified\r\nX-A: 3\r\nETag: \"2\"\r\n"
	    "Content-Type: text/b\r\nContent-Length: 9\r\n"
	    "Content-Encoding: br\r\n\r\n");
	buf_init(&b, room, sizeof room);
	ck_assert(stored_renew(&b, &r, &st, &h, &later));
	ck_assert(stored_read(slice_make(room, buf_length(&b)), &st));
	stored_head(&st, &h, got);
	ck_assert_uint_eq(h.status, 200);
	ck_assert_uint_eq(h.nfields, 5);
	check_slice(head_value(&h, FIELD_CONTENT_TYPE), "text/b");
	check_slice(head_value(&h, FIELD_CONTENT_ENCODING), "gzip");
	check_slice(head_find_name(&h, SLICE("x-a"))->value, "3");
	check_slice(head_find_name(&h, SLICE("x-b"))->value, "1");
	check_slice(st.validators.etag, "\"2\"");
	check_slice(st.tags, "k\n");
	check_slice(st.origin, "10.0.0.1:80");
	ck_assert_int_eq(st.fresh.received, 2000);
}
END_TEST

START_TEST(a_mark_fits_every_request)
{
	struct stored st;

	ask(GET "\r\n");
	buf_init(&b, room, sizeof room);
	ck_assert(stored_put_pass(&b, &r, 4711));
	ck_assert(stored_read(slice_make(room, buf_length(&b)), &st));
	ck_assert(st.pass);
	ck_assert_int_eq(st.fresh.received, 4711);
	ask(GET "Accept-Language: de\r\n\r\n");
	ck_assert(stored_fits(slice_make(room, buf_length(&b)), &r));
}
END_TEST

/* Shared memory may hold anything: nothing outside of it is read, which
 * sanitizers see here. */
START_TEST(damaged_records_are_borne)
{
	struct slice record;

	ask(GET "Accept-Language: de\r\n\r\n");
	record = store("HTTP/1.1 200 OK\r\nVary: accept-language\r\n"
	    "ETag: \"x\"\r\nX-A: 12345\r\n\r\n");
	for (size_t n = 0; n <= record.n; n++)
		for (size_t at = 0; at < record.n; at++) {
			char *copy = malloc(n ? n : 1);
			struct stored st;
			struct head h;
			memcpy(copy, record.p, n);
			if (at < n)
				copy[at] = (char)(copy[at] ^ 0xa5);
			stored_fits(slice_make(copy, n), &r);
			if (stored_read(slice_make(copy, n), &st)) {
				stored_head(&st, &h, got);
				ck_assert_uint_le(h.nfields, STORED_FIELDS);
			}
			free(copy);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stored");
	TCase *tc = tcase_create("stored");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, a_record_is_read_back);
	tcase_add_test(tc, some_fields_are_left_out);
	tcase_add_test(tc, vary_chooses);
	tcase_add_test(tc, vary_by_all_is_for_nobody);
	tcase_add_test(tc, what_does_not_fit_is_not_stored);
	tcase_add_test(tc, a_304_replaces_what_it_says);
	tcase_add_test(tc, a_mark_fits_every_request);
	tcase_add_test(tc, damaged_records_are_borne);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
