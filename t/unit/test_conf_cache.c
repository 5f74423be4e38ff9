/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache's keys: from the group, by the site, to the route; and back. */
/* links: conf base */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conf/load.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MB (UINT64_C(1024) * 1024)

#define TOP "listeners = { http = { address = \"127.0.0.1:8080\"; }; };\n"     \
	"pools = { app = { backends = \"127.0.0.1:3000\"; }; };\n"
#define ROUTE(more) "sites = { a = { hosts = \"*\"; routes = ( { " more       \
	" pool = \"app\"; } ); }; };\n"

static struct conf *load(const char *text)
{
	struct conf *conf = load_from_text("test.conf", text, strlen(text),
	    NULL, stderr);

	ck_assert_ptr_nonnull(conf);
	return conf;
}

static char *dump(const struct conf *conf)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	conf_dump(conf, to);
	fclose(to);
	return text;
}

static struct conf *load_file(int dumped)
{
	struct conf *conf = conf_load("t/data/conf/ok-cache.conf", NULL,
	    stderr);

	ck_assert_ptr_nonnull(conf);
	if (!dumped)
		return conf;
	char *text = dump(conf);
	conf_free(conf);
	conf = load(text);
	free(text);
	return conf;
}

static void expect(struct slice s, const char *text)
{
	ck_assert_msg(slice_eq(s, slice_str(text)), "\"%.*s\" is not \"%s\"",
	    SLICE_FMT(s), text);
}

static const struct conf_cache *of_route(const struct conf *conf,
    const char *site, unsigned route)
{
	for (unsigned i = 0; i < conf->nsites; i++)
		if (strcmp(conf->sites[i].name, site) == 0)
			return &conf->sites[i].routes[route].policy.cache;
	ck_abort_msg("there is no site %s", site);
}

static void expect_group(const struct conf_cache *c)
{
	ck_assert_uint_eq(c->default_ttl, MINUTE);
	ck_assert_uint_eq(c->max_ttl, 30 * DAY);
	ck_assert_uint_eq(c->stale_while_revalidate, 10 * SECOND);
	ck_assert_uint_eq(c->stale_if_error, HOUR);
	ck_assert_uint_eq(c->max_stale, 2 * DAY);
	ck_assert_uint_eq(c->collapse, 750);
	ck_assert_uint_eq(c->ignore_query.n, 2);
	expect(c->ignore_query.at[0], "utm_*");
	expect(c->ignore_query.at[1], "gcl?d");
}

START_TEST(of_the_group)
{
	struct conf *conf = load_file(_i);
	const struct conf_cache *c = of_route(conf, "off", 0);

	ck_assert_uint_eq(conf->cache.size, 24 * MB);
	ck_assert_str_eq(conf->cache.file, "/var/cache/portico");
	ck_assert(!conf->cache.rules.on);
	ck_assert(c->on);
	expect_group(c);
	/* a quarter of the size, since that is less than 8 MB */
	ck_assert_uint_eq(c->max_object, 6 * MB);
	ck_assert(c->status_header);
	ck_assert_uint_eq(c->purge_from.n, 2);
	ck_assert_uint_eq(c->nkey, 3);
	ck_assert_int_eq(c->key[0].by, CACHE_BY_HOST);
	ck_assert_int_eq(c->key[1].by, CACHE_BY_TARGET);
	conf_free(conf);
}
END_TEST

START_TEST(changed_by_a_route)
{
	struct conf *conf = load_file(_i);
	const struct conf_cache *c = of_route(conf, "off", 1);

	ck_assert(c->on);
	expect_group(c);
	ck_assert_uint_eq(c->max_object, 100 * 1024);
	ck_assert_uint_eq(c->nkey, 2);
	ck_assert_int_eq(c->key[0].by, CACHE_BY_TARGET);
	ck_assert_int_eq(c->key[1].by, CACHE_BY_HOST);
	ck_assert(!of_route(conf, "off", 2)->on);
	conf_free(conf);
}
END_TEST

static void expect_part(const struct conf_cache_key *part,
    enum conf_cache_part by, const char *name)
{
	ck_assert_int_eq(part->by, by);
	expect(part->name, name);
}

START_TEST(changed_by_a_site)
{
	struct conf *conf = load_file(_i);
	const struct conf_cache *c = of_route(conf, "on", 2);

	ck_assert(c->on);
	expect_group(c);
	ck_assert(!c->status_header);
	ck_assert_uint_eq(c->purge_from.n, 0);
	ck_assert_uint_eq(c->nkey, 6);
	expect_part(&c->key[0], CACHE_BY_SCHEME, "");
	expect_part(&c->key[1], CACHE_BY_HOST, "");
	expect_part(&c->key[2], CACHE_BY_TARGET, "");
	expect_part(&c->key[3], CACHE_BY_HEADER, "X-A");
	expect_part(&c->key[4], CACHE_BY_COOKIE, "a");
	expect_part(&c->key[5], CACHE_BY_COOKIE, "A");
	conf_free(conf);
}
END_TEST

START_TEST(changed_by_both)
{
	struct conf *conf = load_file(_i);
	const struct conf_cache *c = of_route(conf, "on", 1);

	ck_assert(!of_route(conf, "on", 0)->on);
	ck_assert(c->on);
	ck_assert_uint_eq(c->default_ttl, 0);
	ck_assert_uint_eq(c->ignore_query.n, 0);
	ck_assert_uint_eq(c->max_ttl, 30 * DAY);
	ck_assert_uint_eq(c->nkey, 6);
	conf_free(conf);
}
END_TEST

START_TEST(by_default)
{
	struct conf *conf = load(TOP ROUTE("cache = true;"));
	const struct conf_cache *c = of_route(conf, "a", 0);

	ck_assert_uint_eq(conf->cache.size, 64 * MB);
	ck_assert_ptr_null(conf->cache.file);
	ck_assert(c->on);
	ck_assert_uint_eq(c->max_object, 8 * MB);
	ck_assert_uint_eq(c->default_ttl, 0);
	ck_assert_uint_eq(c->max_ttl, 7 * DAY);
	ck_assert_uint_eq(c->stale_while_revalidate, 0);
	ck_assert_uint_eq(c->stale_if_error, 0);
	ck_assert_uint_eq(c->max_stale, DAY);
	ck_assert_uint_eq(c->collapse, 5 * SECOND);
	ck_assert_uint_eq(c->ignore_query.n, 0);
	ck_assert_uint_eq(c->nkey, 3);
	ck_assert(c->status_header);
	ck_assert_uint_eq(c->purge_from.n, 0);
	conf_free(conf);
}
END_TEST

START_TEST(whether_there_is_one)
{
	struct conf *conf = load(TOP ROUTE("cache = true;"));

	ck_assert(conf_has_cache(conf));
	conf_free(conf);
	conf = load(TOP ROUTE(""));
	ck_assert(!conf_has_cache(conf));
	conf_free(conf);
	conf = load("cache = { size = 0; };\n" TOP ROUTE("cache = false;"));
	ck_assert(!conf_has_cache(conf));
	conf_free(conf);
	conf = load(TOP);
	ck_assert(!conf_has_cache(conf));
	conf_free(conf);
}
END_TEST

START_TEST(the_largest_response)
{
	struct conf *conf = load("cache = { max_object = \"1M\"; };\n" TOP
	    ROUTE("cache = { max_object = \"3M\"; };"));

	ck_assert_uint_eq(conf_cache_object(conf), 3 * MB);
	conf_free(conf);
	conf = load("cache = { max_object = \"1M\"; };\n" TOP
	    ROUTE("cache = { max_object = \"3k\"; };"));
	ck_assert_uint_eq(conf_cache_object(conf), MB);
	conf_free(conf);
}
END_TEST

/* A route says no more than it changes. */
START_TEST(as_a_file)
{
	struct conf *conf = load_file(0);
	char *text = dump(conf);

	ck_assert_ptr_nonnull(strstr(text, "\t\t\t\tcache = true;\n"));
	ck_assert_ptr_nonnull(strstr(text, "\t\t\t\tcache = false;\n"));
	ck_assert_ptr_nonnull(strstr(text, "\t\t\t\tcache = {\n"
	    "\t\t\t\t\tdefault_ttl = \"0\";\n"
	    "\t\t\t\t\tignore_query = [ ];\n\t\t\t\t};\n"));
	free(text);
	conf_free(conf);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_cache");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, of_the_group, 0, 2);
	tcase_add_loop_test(t, changed_by_a_route, 0, 2);
	tcase_add_loop_test(t, changed_by_a_site, 0, 2);
	tcase_add_loop_test(t, changed_by_both, 0, 2);
	tcase_add_test(t, by_default);
	tcase_add_test(t, whether_there_is_one);
	tcase_add_test(t, the_largest_response);
	tcase_add_test(t, as_a_file);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
