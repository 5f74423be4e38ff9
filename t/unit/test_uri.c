/* SPDX-License-Identifier: BSD-2-Clause */
/* Request targets, hosts and paths. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/uri.h"

static void check_slice(struct slice s, const char *text)
{
	ck_assert_msg(slice_eq(s, slice_str(text)), "\"%.*s\" is not \"%s\"",
	    SLICE_FMT(s), text);
}

START_TEST(origin_form_is_path_and_query)
{
	struct uri u;

	ck_assert_ptr_null(uri_parse_target(SLICE("/a?b?c"), METHOD_GET, &u));
	ck_assert_int_eq(u.form, URI_ORIGIN);
	check_slice(u.path, "/a");
	check_slice(u.query, "b?c");
	ck_assert_ptr_null(uri_parse_target(SLICE("/"), METHOD_GET, &u));
	ck_assert_ptr_null(u.query.p);
	ck_assert_ptr_null(uri_parse_target(SLICE("/?"), METHOD_GET, &u));
	ck_assert_ptr_nonnull(u.query.p);
	ck_assert_uint_eq(u.query.n, 0);
	ck_assert_ptr_null(uri_parse_target(SLICE("//x"), METHOD_GET, &u));
	check_slice(u.path, "//x");
}
END_TEST

START_TEST(absolute_form_has_an_authority)
{
	struct uri u;

	ck_assert_ptr_null(uri_parse_target(SLICE("HTTP://h:81/a?b"),
	    METHOD_GET, &u));
	ck_assert_int_eq(u.form, URI_ABSOLUTE);
	ck_assert_int_eq(u.scheme, URI_HTTP);
	check_slice(u.authority, "h:81");
	check_slice(u.host, "h");
	ck_assert_uint_eq(u.port, 81);
	check_slice(u.path, "/a");
	ck_assert_ptr_null(uri_parse_target(SLICE("https://[::1]?q"),
	    METHOD_OPTIONS, &u));
	ck_assert_int_eq(u.scheme, URI_HTTPS);
	check_slice(u.host, "[::1]");
	check_slice(u.path, "/");
	check_slice(u.query, "q");
	ck_assert_ptr_null(uri_parse_target(SLICE("http://h"),
	    METHOD_OPTIONS, &u));
	check_slice(u.path, "*");
}
END_TEST

START_TEST(other_forms_belong_to_their_methods)
{
	struct uri u;

	ck_assert_ptr_null(uri_parse_target(SLICE("*"), METHOD_OPTIONS, &u));
	ck_assert_int_eq(u.form, URI_ASTERISK);
	ck_assert_ptr_null(uri_parse_target(SLICE("h:1"), METHOD_CONNECT,
	    &u));
	ck_assert_int_eq(u.form, URI_AUTHORITY);
	ck_assert_ptr_eq(uri_parse_target(SLICE("*"), METHOD_GET, &u),
	    refusal_of(REFUSAL_TARGET_FORM));
	ck_assert_ptr_eq(uri_parse_target(SLICE("h"), METHOD_CONNECT, &u),
	    refusal_of(REFUSAL_TARGET_FORM));
}
END_TEST

START_TEST(bad_targets_are_refused)
{
	static const struct slice bad[] = {
		SLICE(""), SLICE("a"), SLICE("h:1"), SLICE("ftp://h/"),
		SLICE("http:/a"), SLICE("http://"), SLICE("http:///a"),
		SLICE("http://u@h/"), SLICE("http://h:x/"), SLICE("/a#b"),
		SLICE("/a b"), SLICE("/\xc3"), SLICE("/\0"), SLICE("**"),
	};
	struct uri u;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_ptr_nonnull(uri_parse_target(bad[i], METHOD_GET,
		    &u));
}
END_TEST

START_TEST(hosts_are_names_and_addresses)
{
	static const struct {
		struct slice text;
		const char *host;
		uint16_t port;
	} good[] = {
		{SLICE("Shop.example"), "Shop.example", 0},
		{SLICE("a_b-c.d.:8080"), "a_b-c.d.", 8080},
		{SLICE("1.2.3.4:65535"), "1.2.3.4", 65535},
		{SLICE("[2001:db8::1]"), "[2001:db8::1]", 0},
		{SLICE("[::ffff:1.2.3.4]:80"), "[::ffff:1.2.3.4]", 80},
		{SLICE("h:"), "h", 0},
	};
	struct slice host;
	uint16_t port;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert(uri_parse_host(good[i].text, &host, &port));
		check_slice(host, good[i].host);
		ck_assert_uint_eq(port, good[i].port);
	}
}
END_TEST

START_TEST(bad_hosts_are_refused)
{
	static const struct slice bad[] = {
		SLICE(""), SLICE(":80"), SLICE("a:0"), SLICE("a:65536"),
		SLICE("a:000080"), SLICE("a:+1"), SLICE("a:1:2"),
		SLICE("a/b"), SLICE("a b"), SLICE("a,b"), SLICE("a\"b"),
		SLICE("a..b"), SLICE(".a"), SLICE("a%41"), SLICE("u@h"),
		SLICE("::1"), SLICE("[::1"), SLICE("[]"), SLICE("[::1]x"),
		SLICE("[1.2.3.4]"), SLICE("[fe80::1%25eth0]"), SLICE("a\0b"),
		SLICE("[::1\0]"), SLICE("\xc3\xa4"), SLICE("[v1.a]"),
	};
	char name[URI_HOST_MAX + 1];
	struct slice host;
	uint16_t port;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!uri_parse_host(bad[i], &host, &port), "%s",
		    bad[i].p);
	memset(name, 'a', sizeof(name));
	ck_assert(uri_parse_host(slice_make(name, URI_HOST_MAX), &host,
	    &port));
	ck_assert(!uri_parse_host(slice_make(name, URI_HOST_MAX + 1), &host,
	    &port));
}
END_TEST

static const struct refusal *host_of(struct slice text, struct slice *host,
    uint16_t *port)
{
	static const struct head_limits limits = {8, 100};
	static struct field fields[8];
	struct head h;
	struct uri u;

	head_init(&h, fields, 8);
	ck_assert_ptr_null(head_parse_request(&h, text.p, text.n, &limits));
	ck_assert_ptr_null(uri_parse_target(h.target, h.method_id, &u));
	return uri_host_of(&h, &u, host, port);
}

START_TEST(the_host_is_found)
{
	struct slice host;
	uint16_t port;

	ck_assert_ptr_null(host_of(SLICE("GET / HTTP/1.1\r\n"
	    "Host: h:81\r\n\r\n"), &host, &port));
	check_slice(host, "h");
	ck_assert_uint_eq(port, 81);
	ck_assert_ptr_null(host_of(SLICE("GET / HTTP/1.0\r\n\r\n"), &host,
	    &port));
	ck_assert_uint_eq(host.n, 0);
	ck_assert_ptr_null(host_of(SLICE("GET http://A/ HTTP/1.1\r\n"
	    "Host: a:80\r\n\r\n"), &host, &port));
	check_slice(host, "A");
	ck_assert_ptr_null(host_of(SLICE("GET http://A/ HTTP/1.0\r\n\r\n"),
	    &host, &port));
	check_slice(host, "A");
}
END_TEST

START_TEST(a_doubtful_host_is_refused)
{
	struct slice host;
	uint16_t port;

	ck_assert_ptr_eq(host_of(SLICE("GET / HTTP/1.1\r\n\r\n"), &host,
	    &port), refusal_of(REFUSAL_HOST_MISSING));
	ck_assert_ptr_eq(host_of(SLICE("GET http://a/ HTTP/1.1\r\n\r\n"),
	    &host, &port), refusal_of(REFUSAL_HOST_MISSING));
	ck_assert_ptr_eq(host_of(SLICE("GET / HTTP/1.0\r\nHost: a\r\n"
	    "host: a\r\n\r\n"), &host, &port),
	    refusal_of(REFUSAL_HOST_TWICE));
	ck_assert_ptr_eq(host_of(SLICE("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	    &host, &port), refusal_of(REFUSAL_HOST));
	ck_assert_ptr_eq(host_of(SLICE("GET http://a/ HTTP/1.1\r\n"
	    "Host: b\r\n\r\n"), &host, &port),
	    refusal_of(REFUSAL_HOST_DIFFERS));
	ck_assert_ptr_eq(host_of(SLICE("GET https://a/ HTTP/1.1\r\n"
	    "Host: a:80\r\n\r\n"), &host, &port),
	    refusal_of(REFUSAL_HOST_DIFFERS));
}
END_TEST

START_TEST(dots_that_only_others_see)
{
	static const char *const hidden[] = {"/..;/a", "/a/..;x=y", "/..;",
		"/a\\..", "/a\\..\\b", "/..\\b", "/a%2F..", "/a%2F../b",
		"/..%2Fb", "/a/..%2F", "/x;y/..;z/b", "/a;b\\.."};
	static const char *const plain[] = {"", "*", "/", "/...", "/a..b",
		"/..a/b", "/a../b", "/a%2F...", "/a;..", "/a;../b", "/a;..;b",
		"/%252F..%252F", "/%2F.%2F", "/a%2F..b", "/a\\...", "/;.."};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		ck_assert_msg(uri_hides_dots(slice_str(hidden[i])), "%s",
		    hidden[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		ck_assert_msg(!uri_hides_dots(slice_str(plain[i])), "%s",
		    plain[i]);
}
END_TEST

START_TEST(paths_are_brought_into_one_form)
{
	static const struct {
		struct slice path;
		const char *form;
	} good[] = {
		{SLICE("/"), "/"},
		{SLICE("/a.b/c..d/..."), "/a.b/c..d/..."},
		{SLICE("/%61%2e/b"), "/a./b"},
		{SLICE("/a/./b/."), "/a/b/"},
		{SLICE("/a/../b"), "/b"},
		{SLICE("/a/b/.."), "/a/"},
		{SLICE("/a/%2E%2e/b"), "/b"},
		{SLICE("/a/b/../../c"), "/c"},
		{SLICE("/a/.."), "/"},
		{SLICE("/a//../b"), "/a/b"},
		{SLICE("//a/./"), "//a/"},
		{SLICE("/a%2fb/..%2f"), "/a%2Fb/..%2F"},
		{SLICE("/a%2f../b/.."), "/a%2F../"},
		{SLICE("/%25%32%66"), "/%252f"},
		{SLICE("/%0a%7f%20%c3"), "/%0A%7F \xc3"},
		{SLICE("/.well-known/.x"), "/.well-known/.x"},
		{SLICE("/a\\..\\b/%5c"), "/a\\..\\b/\\"},
		{SLICE("*"), "*"},
		{SLICE(""), ""},
	};
	char to[64];
	struct slice out;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_ptr_null(uri_normalise_path(good[i].path, to,
		    good[i].path.n, &out));
		check_slice(out, good[i].form);
	}
}
END_TEST

START_TEST(plain_paths_are_not_copied)
{
	struct slice path = SLICE("/a/b.html"), out;

	ck_assert_ptr_null(uri_normalise_path(path, NULL, 0, &out));
	ck_assert_ptr_eq(out.p, path.p);
}
END_TEST

START_TEST(bad_paths_are_refused)
{
	static const struct {
		struct slice path;
		enum refusal_id id;
	} bad[] = {
		{SLICE("/.."), REFUSAL_PATH_ROOT},
		{SLICE("/../a"), REFUSAL_PATH_ROOT},
		{SLICE("/a/../../b"), REFUSAL_PATH_ROOT},
		{SLICE("/%2e%2E/a"), REFUSAL_PATH_ROOT},
		{SLICE("/./.."), REFUSAL_PATH_ROOT},
		{SLICE("/a%00b"), REFUSAL_PATH_NUL},
		{SLICE("/%"), REFUSAL_PATH_PERCENT},
		{SLICE("/%2"), REFUSAL_PATH_PERCENT},
		{SLICE("/%2g"), REFUSAL_PATH_PERCENT},
		{SLICE("/%%20"), REFUSAL_PATH_PERCENT},
	};
	char to[64];
	struct slice out;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_ptr_eq(uri_normalise_path(bad[i].path, to,
		    sizeof(to), &out), refusal_of(bad[i].id));
	ck_assert_ptr_eq(uri_normalise_path(SLICE("/%61"), to, 3, &out),
	    refusal_of(REFUSAL_PATH_LONG));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("uri");
	TCase *tc = tcase_create("uri");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, origin_form_is_path_and_query);
	tcase_add_test(tc, absolute_form_has_an_authority);
	tcase_add_test(tc, other_forms_belong_to_their_methods);
	tcase_add_test(tc, bad_targets_are_refused);
	tcase_add_test(tc, hosts_are_names_and_addresses);
	tcase_add_test(tc, bad_hosts_are_refused);
	tcase_add_test(tc, the_host_is_found);
	tcase_add_test(tc, a_doubtful_host_is_refused);
	tcase_add_test(tc, dots_that_only_others_see);
	tcase_add_test(tc, paths_are_brought_into_one_form);
	tcase_add_test(tc, plain_paths_are_not_copied);
	tcase_add_test(tc, bad_paths_are_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
