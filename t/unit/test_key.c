/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys: equal for what is the same, and never for what is not. */
/* links: worker shm net http conf base */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "shm/cache.h"
#include "worker/key.h"

#define FIELDS 20

static struct conf_listener listener;
static struct conf_pool pool, other = {.name = "other"};
static struct slice globs[] = {{"utm_*", 5}, {"g?lid", 5}, {"*x*y", 4}};
static struct conf_cache_key parts[4];
static struct conf_route route;
static struct field fields[FIELDS];
static struct request r;
static char texts[2][KEY_MOST];

static void setup(void)
{
	pool.name = "app";
	memset(&route, 0, sizeof route);
	listener.tls.on = false;
	route.policy.cache.key = parts;
	route.policy.cache.nkey = 2;
	parts[0] = (struct conf_cache_key){.by = CACHE_BY_HOST};
	parts[1] = (struct conf_cache_key){.by = CACHE_BY_TARGET};
}

static void ask(const char *host, uint16_t port, const char *path,
    const char *query)
{
	const struct head_limits limits = {FIELDS, 8192};
	static const char text[] = "GET / HTTP/1.1\r\n\r\n";

	memset(&r, 0, sizeof r);
	head_init(&r.head, fields, FIELDS);
	ck_assert_ptr_null(head_parse_request(&r.head, text, sizeof text - 1,
	    &limits));
	r.listener = &listener;
	r.route = &route;
	r.home = &pool;
	r.host = slice_str(host);
	r.port = port;
	r.path = r.uri.path = slice_str(path);
	r.uri.query = slice_str(query);
}

static void add(enum field_id id, const char *name, const char *value)
{
	struct field *f = &r.head.fields[r.head.nfields];
	uint64_t bit = 1ull << id;

	*f = (struct field){slice_str(name), slice_str(value), (uint16_t)id,
	    0};
	if (!(r.head.seen & bit))
		r.head.first[id] = (uint16_t)r.head.nfields;
	else
		r.head.repeated |= bit;
	r.head.seen |= bit;
	r.head.nfields++;
}

static struct slice key(unsigned n)
{
	struct buf b;

	buf_init(&b, texts[n], KEY_MOST);
	key_put(&b, &r, listener.tls.on ? SLICE("https") : SLICE("http"));
	ck_assert(!b.full);
	return slice_make(texts[n], buf_length(&b));
}

static bool same(const char *query, const char *as)
{
	ask("a", 0, "/", query);
	struct slice one = key(0);
	ask("a", 0, "/", as);
	return slice_eq(one, key(1));
}

START_TEST(the_default_port_goes_without_saying)
{
	struct slice one;

	ask("a", 80, "/", NULL);
	one = key(0);
	ask("a", 0, "/", NULL);
	ck_assert(slice_eq(one, key(1)));
	ask("a", 8080, "/", NULL);
	ck_assert(!slice_eq(one, key(1)));
	ask("a", 443, "/", NULL);
	ck_assert(!slice_eq(one, key(1)));
	listener.tls.on = true;
	ck_assert(slice_eq(one, key(1)));
}
END_TEST

START_TEST(parts_do_not_run_into_each_other)
{
	struct slice one;

	ask("a", 0, "/b?c", NULL);
	one = key(0);
	ask("a", 0, "/b", "c");
	ck_assert(!slice_eq(one, key(1)));
	ask("a/", 0, "b?c", NULL);
	ck_assert(!slice_eq(one, key(1)));
	ask("a", 0, "/b?c", NULL);
	r.home = &other;
	ck_assert(!slice_eq(one, key(1)));
	r.home = &pool;
	ck_assert(slice_eq(one, key(1)));
}
END_TEST

START_TEST(some_parameters_do_not_count)
{
	ck_assert(!same("a=1&utm_source=x", "a=1"));
	ck_assert(!same("", NULL));
	route.policy.cache.ignore_query = (struct conf_list){globs, 3};
	ck_assert(same("a=1&utm_source=x", "a=1"));
	ck_assert(same("utm_source=x&a=1&utm_=2&gclid=3&glid=4", "a=1&glid=4"));
	ck_assert(same("g1lid&a=1", "a=1"));
	ck_assert(same("%75tm_a=1", NULL));
	ck_assert(same("utm_a", NULL));
	ck_assert(same("1x2x3yy=1&b", "b"));
	ck_assert(!same("1x2x3yz=1&b", "b"));
	ck_assert(!same("utm=1", NULL));
	ck_assert(!same("a=1&b=2", "b=2&a=1"));
	ck_assert(!same("a=utm_b", "a"));
	ck_assert(!same("a=1&utm_a=1;a=2", "a=1"));
	ck_assert(!same("a=1&utm_a;a=2", "a=1"));
	ck_assert(!same("a=1&utm_a=?a=2", "a=1"));
}
END_TEST

START_TEST(fields_and_cookies)
{
	struct slice one;

	route.policy.cache.nkey = 4;
	parts[2] = (struct conf_cache_key){CACHE_BY_HEADER, SLICE("X-A")};
	parts[3] = (struct conf_cache_key){CACHE_BY_COOKIE, SLICE("c")};
	ask("a", 0, "/", NULL);
	one = key(0);
	ask("a", 0, "/", NULL);
	add(FIELD_OTHER, "x-a", "");
	ck_assert(!slice_eq(one, key(1)));
	ask("a", 0, "/", NULL);
	add(FIELD_COOKIE, "Cookie", "b=1");
	ck_assert(slice_eq(one, key(1)));
	add(FIELD_COOKIE, "Cookie", "d=1; c=7");
	ck_assert(!slice_eq(one, key(1)));
	one = key(0);
	add(FIELD_COOKIE, "Cookie", "c=8");
	ck_assert(!slice_eq(one, key(1)));
	ask("a", 0, "/", NULL);
	add(FIELD_OTHER, "X-A", "7");
	ck_assert(!slice_eq(one, key(1)));
}
END_TEST

/* What the routes make of it is another request. */
START_TEST(what_the_route_does)
{
	static struct conf_edit edit = {.name = {"X-A", 3},
	    .value = {.source = {"1", 1}}};
	struct slice one;

	ask("a", 0, "/b", NULL);
	one = key(0);
	route.policy.add_prefix = SLICE("/x");
	ck_assert(!slice_eq(one, key(1)));
	one = key(0);
	route.policy.add_prefix = SLICE("/y");
	ck_assert(!slice_eq(one, key(1)));
	route.policy.add_prefix = SLICE("");
	route.policy.request.set = &edit;
	route.policy.request.nset = 1;
	one = key(0);
	edit.value.source = SLICE("2");
	ck_assert(!slice_eq(one, key(1)));
	route.policy.request.set = NULL;
	route.policy.request.nset = 0;
}
END_TEST

START_TEST(spellings_of_a_path)
{
	struct slice one;

	ask("a", 0, "/%7e%c3%2f", NULL);
	one = key(0);
	ask("a", 0, "/~%C3%2F", NULL);
	ck_assert(slice_eq(one, key(1)));
	ask("a", 0, "/%2a", NULL);
	one = key(0);
	ask("a", 0, "/*", NULL);
	ck_assert(!slice_eq(one, key(1)));
}
END_TEST

START_TEST(no_key_without_room)
{
	static char memory[200], path[KEY_MOST];

	ck_assert(cache_create(&cache, 4u << 20, 65536, NULL));
	ask("a", 0, "/", NULL);
	arena_init(&r.arena, memory, sizeof memory);
	ck_assert(key_make(&r));
	ck_assert(slice_eq(r.key, key(0)));
	ck_assert(r.key_hash != 0);
	memset(path, 'p', sizeof path - 1);
	r.path = r.uri.path = slice_make(path, 190);
	ck_assert(!key_make(&r));
	ck_assert(!r.arena.full);
	r.path = r.uri.path = slice_make(path, sizeof path - 1);
	ck_assert(!key_make(&r));
	cache_close(&cache);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("key");
	TCase *tc = tcase_create("key");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, the_default_port_goes_without_saying);
	tcase_add_test(tc, parts_do_not_run_into_each_other);
	tcase_add_test(tc, some_parameters_do_not_count);
	tcase_add_test(tc, fields_and_cookies);
	tcase_add_test(tc, what_the_route_does);
	tcase_add_test(tc, spellings_of_a_path);
	tcase_add_test(tc, no_key_without_room);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
