/* SPDX-License-Identifier: BSD-2-Clause */
/* What a backend says of places, for the client. */
/* links: http base */
#include <check.h>
#include <stdlib.h>

#include "http/remap.h"

static const struct slice names[] = {
	{"10.0.0.1:8080", 13},
	{"app.internal", 12},
	{"web:80", 6},
	{"safe:443", 8},
	{"[::1]:81", 8},
};

static struct remap plain(void)
{
	return (struct remap){names, sizeof(names) / sizeof(names[0]),
		SLICE("https"), SLICE("shop.example"), {NULL, 0}, {NULL, 0}};
}

static struct remap prefixed(const char *strip, const char *add)
{
	struct remap m = plain();

	m.strip = slice_str(strip);
	m.add = slice_str(add);
	return m;
}

static struct remap nameless(const char *strip, const char *add)
{
	struct remap m = prefixed(strip, add);

	m.scheme = m.authority = (struct slice){NULL, 0};
	return m;
}

typedef bool remap_function(const struct remap *, struct slice, struct buf *);

/* expected NULL: nothing is to be changed. */
static void check(remap_function *remap, struct remap m, const char *value,
    const char *expected)
{
	char room[256];
	struct buf b;
	bool changed;

	buf_init(&b, room, sizeof(room));
	BUF_LIT(&b, "> ");
	changed = remap(&m, slice_str(value), &b);
	ck_assert(!b.full);
	ck_assert_msg(changed == (expected != NULL), "%s", value);
	ck_assert_msg(slice_eq(slice_make(room + 2, buf_length(&b) - 2),
	    slice_str(expected)), "%s: %.*s", value,
	    (int)buf_length(&b), room);
}

START_TEST(an_authority_of_the_backend_becomes_the_clients)
{
	check(remap_uri, plain(), "http://10.0.0.1:8080/a?b#c",
	    "https://shop.example/a?b#c");
	check(remap_uri, plain(), "HTTP://App.Internal:3000",
	    "https://shop.example/");
	check(remap_uri, plain(), "http://app.internal?q",
	    "https://shop.example/?q");
	check(remap_uri, plain(), "https://[::1]:81/",
	    "https://shop.example/");
	check(remap_uri, plain(), "//app.internal//x",
	    "https://shop.example//x");
}
END_TEST

START_TEST(default_ports_may_be_left_out)
{
	check(remap_uri, plain(), "http://web/", "https://shop.example/");
	check(remap_uri, plain(), "http://web:/", "https://shop.example/");
	check(remap_uri, plain(), "http://web:80/", "https://shop.example/");
	check(remap_uri, plain(), "https://safe/", "https://shop.example/");
	check(remap_uri, plain(), "//web/", "https://shop.example/");
	check(remap_uri, plain(), "https://web/", NULL);
	check(remap_uri, plain(), "http://safe/", NULL);
	check(remap_uri, plain(), "http://web:81/", NULL);
	check(remap_uri, plain(), "http://10.0.0.1/", NULL);
}
END_TEST

START_TEST(other_places_are_left_alone)
{
	check(remap_uri, plain(), "http://example.com/", NULL);
	check(remap_uri, plain(), "http://app.internal.example.com/", NULL);
	check(remap_uri, plain(), "http://app.internal@example.com/", NULL);
	check(remap_uri, plain(), "http://app.internal\\@example.com/", NULL);
	check(remap_uri, plain(), "http://user@app.internal/", NULL);
	check(remap_uri, plain(), "ftp://app.internal/", NULL);
	check(remap_uri, plain(), "http:/app.internal/", NULL);
	check(remap_uri, plain(), "http:///app.internal/", NULL);
	check(remap_uri, plain(), "https://shop.example/a", NULL);
	check(remap_uri, prefixed("/s", ""), "a/b", NULL);
	check(remap_uri, prefixed("/s", ""), "?a", NULL);
	check(remap_uri, prefixed("/s", ""), "#a", NULL);
	check(remap_uri, prefixed("/s", ""), "//example.com/", NULL);
	check(remap_uri, prefixed("/s", ""), "", NULL);
}
END_TEST

START_TEST(paths_lose_what_was_added)
{
	struct remap m = prefixed("", "/app");

	check(remap_uri, m, "/app/a?b=/app/#c", "/a?b=/app/#c");
	check(remap_uri, m, "/app", "/");
	check(remap_uri, m, "/app?a", "/?a");
	check(remap_uri, m, "/app#a", "/#a");
	check(remap_uri, m, "/apps", NULL);
	check(remap_uri, m, "/", NULL);
	check(remap_uri, m, "http://web/app/a", "https://shop.example/a");
	check(remap_uri, m, "http://web/other", "https://shop.example/other");
	check(remap_uri, m, "http://web?/app", "https://shop.example/?/app");
}
END_TEST

START_TEST(paths_get_what_was_stripped)
{
	check(remap_uri, prefixed("/shop", ""), "/a", "/shop/a");
	check(remap_uri, prefixed("/shop", ""), "/", "/shop/");
	check(remap_uri, prefixed("/shop/", ""), "/a", "/shop/a");
	check(remap_uri, prefixed("/shop", ""), "http://web",
	    "https://shop.example/shop/");
	check(remap_uri, prefixed("/shop", "/app"), "/app/a", "/shop/a");
	check(remap_uri, prefixed("/shop", "/app/"), "/app", "/shop");
	check(remap_uri, prefixed("/shop", "/app"), "/a", NULL);
	check(remap_uri, prefixed("/a", "/a"), "/a/b", NULL);
	check(remap_uri, prefixed("/", "/"), "/a/b", NULL);
	check(remap_uri, plain(), "/a/b", NULL);
}
END_TEST

START_TEST(paths_that_have_it_already_keep_it)
{
	check(remap_uri, prefixed("/shop", ""), "/shop/a", NULL);
	check(remap_uri, prefixed("/shop/", ""), "/shop?a", NULL);
	check(remap_uri, prefixed("/shop", ""), "/shops", "/shop/shops");
	check(remap_uri, prefixed("/my shop", ""), "/my%20shop/a", NULL);
	check(remap_uri, prefixed("/shop", ""), "http://web/shop/a",
	    "https://shop.example/shop/a");
	check(remap_uri, nameless("/shop", ""), "http://web/shop/a",
	    "/shop/a");
	check(remap_cookie, prefixed("/shop", ""), "a=b; Path=/shop/", NULL);
	check(remap_uri, prefixed("/shop", "/shop/a"), "/shop/a/b",
	    "/shop/b");
}
END_TEST

START_TEST(prefixes_may_be_encoded_or_not)
{
	check(remap_uri, prefixed("", "/my app"), "/my%20app/a", "/a");
	check(remap_uri, prefixed("", "/my%20app"), "/my app/a", "/a");
	check(remap_uri, prefixed("", "/~a"), "/%7ea/%7e", "/%7e");
	check(remap_uri, prefixed("", "/a/b"), "/a%2Fb/c", NULL);
	check(remap_uri, prefixed("", "/a%"), "/a%25/b", "/b");
	check(remap_uri, prefixed("", "/a%2"), "/a%2", "/");
	check(remap_uri, prefixed("/my app?", ""), "/a b", "/my%20app%3F/a b");
	check(remap_cookie, prefixed("/my%20app", ""), "a=b; Path=/",
	    "a=b; Path=/my%20app");
}
END_TEST

START_TEST(without_an_authority_the_path_is_left)
{
	struct remap m = nameless("", "");

	check(remap_uri, m, "http://web/a?b", "/a?b");
	check(remap_uri, m, "http://web", "/");
	check(remap_uri, m, "http://web?a", "/?a");
	check(remap_uri, nameless("/shop", "/app"), "http://web/app/a",
	    "/shop/a");
	m.authority = SLICE("shop.example");
	check(remap_uri, m, "http://web/a", "//shop.example/a");
}
END_TEST

START_TEST(no_path_becomes_an_authority)
{
	check(remap_uri, nameless("", ""), "http://web//evil", "/evil");
	check(remap_uri, nameless("", ""), "http://web///\\/evil", "/evil");
	check(remap_uri, nameless("", "/app"), "http://web//evil", "/evil");
	check(remap_uri, nameless("/", ""), "http://web//evil", "/evil");
	check(remap_uri, prefixed("", "/app"), "/app//evil", "/evil");
	check(remap_uri, prefixed("", "/app"), "/app/\\evil", "/evil");
	check(remap_uri, prefixed("", "/app"), "/app/\t/evil", "/evil");
	check(remap_uri, prefixed("", "/app"), "/app//", "/");
	check(remap_uri, prefixed("//", "/app"), "/app//evil", "/evil");
	check(remap_uri, prefixed("/s", "/app"), "/app//a", "/s//a");
}
END_TEST

START_TEST(the_uri_of_a_refresh_is_mapped)
{
	check(remap_refresh, plain(), "5; url=http://web/a",
	    "5; url=https://shop.example/a");
	check(remap_refresh, plain(), "0.5 ,URL = 'http://web/a' x",
	    "0.5 ,URL = 'https://shop.example/a' x");
	check(remap_refresh, plain(), "5;url=\"http://web/a",
	    "5;url=\"https://shop.example/a");
	check(remap_refresh, plain(), "5 http://web/",
	    "5 https://shop.example/");
	check(remap_refresh, prefixed("/s", ""), "0;/a", "0;/s/a");
}
END_TEST

START_TEST(other_refreshes_are_left_alone)
{
	check(remap_refresh, prefixed("/s", ""), "", NULL);
	check(remap_refresh, prefixed("/s", ""), "5", NULL);
	check(remap_refresh, prefixed("/s", ""), "5;", NULL);
	check(remap_refresh, prefixed("/s", ""), "5; url=", NULL);
	check(remap_refresh, prefixed("/s", ""), "5; url=''", NULL);
	check(remap_refresh, prefixed("/s", ""), "5; url='", NULL);
	check(remap_refresh, prefixed("/s", ""), "5; ur", NULL);
	check(remap_refresh, prefixed("/s", ""), "5; a", NULL);
	check(remap_refresh, prefixed("/s", ""), "5; url /a", NULL);
	check(remap_refresh, prefixed("/s", ""), "; url=/a", NULL);
	check(remap_refresh, prefixed("/s", ""), "5x; url=/a", NULL);
	check(remap_refresh, plain(), "5; url=http://example.com/", NULL);
}
END_TEST

START_TEST(a_domain_of_the_backend_is_taken_out)
{
	check(remap_cookie, plain(), "a=b; Domain=app.internal; Secure",
	    "a=b; Secure");
	check(remap_cookie, plain(), "a=b;DOMAIN = .Web ", "a=b");
	check(remap_cookie, plain(), "a=b; domain=10.0.0.1;", "a=b;");
	check(remap_cookie, plain(), "a=b; Domain=web; Domain=example.com",
	    "a=b; Domain=example.com");
	check(remap_cookie, plain(), "a=b; Domain=internal", NULL);
	check(remap_cookie, plain(), "a=b; Domain=..web", NULL);
	check(remap_cookie, plain(), "a=b; Domain=", NULL);
	check(remap_cookie, plain(), "a=b; Domain", NULL);
}
END_TEST

START_TEST(the_path_of_a_cookie_is_mapped)
{
	check(remap_cookie, prefixed("", "/app"),
	    "a=b; HttpOnly; path= /app/x ; Secure",
	    "a=b; HttpOnly; path= /x ; Secure");
	check(remap_cookie, prefixed("", "/app"), "a=b;Path=/app",
	    "a=b;Path=/");
	check(remap_cookie, prefixed("/shop", ""), "a=b; Path=/",
	    "a=b; Path=/shop");
	check(remap_cookie, prefixed("/shop", "/app"),
	    "a=b; Path=/app; Domain=web", "a=b; Path=/shop");
	check(remap_cookie, prefixed("/shop", "/app"), "a=b; Path=/", NULL);
	check(remap_cookie, prefixed("/shop", ""), "a=b; Path=x", NULL);
	check(remap_cookie, prefixed("/a;b", ""), "a=b; Path=/", NULL);
	check(remap_cookie, prefixed("/shop", ""), "a=b; Path=", NULL);
}
END_TEST

START_TEST(the_value_of_a_cookie_is_not_looked_at)
{
	check(remap_cookie, prefixed("/s", ""), "path=/a", NULL);
	check(remap_cookie, prefixed("/s", ""), "domain=web", NULL);
	check(remap_cookie, prefixed("/s", ""), "", NULL);
	check(remap_cookie, prefixed("/s", ""), " a = \"/x\" ;; x ; ", NULL);
	check(remap_cookie, prefixed("/s", ""), " path=/ ;;path=/a; ;",
	    " path=/ ;;path=/s/a; ;");
}
END_TEST

START_TEST(what_does_not_fit_is_said)
{
	char room[8];
	struct remap m = plain();
	struct buf b;

	buf_init(&b, room, sizeof(room));
	ck_assert(remap_uri(&m, SLICE("http://web/"), &b));
	ck_assert(b.full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("remap");
	TCase *tc = tcase_create("remap");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, an_authority_of_the_backend_becomes_the_clients);
	tcase_add_test(tc, default_ports_may_be_left_out);
	tcase_add_test(tc, other_places_are_left_alone);
	tcase_add_test(tc, paths_lose_what_was_added);
	tcase_add_test(tc, paths_get_what_was_stripped);
	tcase_add_test(tc, paths_that_have_it_already_keep_it);
	tcase_add_test(tc, prefixes_may_be_encoded_or_not);
	tcase_add_test(tc, without_an_authority_the_path_is_left);
	tcase_add_test(tc, no_path_becomes_an_authority);
	tcase_add_test(tc, the_uri_of_a_refresh_is_mapped);
	tcase_add_test(tc, other_refreshes_are_left_alone);
	tcase_add_test(tc, a_domain_of_the_backend_is_taken_out);
	tcase_add_test(tc, the_path_of_a_cookie_is_mapped);
	tcase_add_test(tc, the_value_of_a_cookie_is_not_looked_at);
	tcase_add_test(tc, what_does_not_fit_is_said);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
