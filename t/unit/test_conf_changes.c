/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes made at run time, applied to a file that may have changed, too. */
/* links: conf base */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conf/load.h"

static const char file[] = "listeners = { http = { address = \"*:8080\"; }; };"
	"\npools = {\n"
	"app = { backends = ( \"10.0.0.1\", { name = \"b\"; address = "
	"\"b.internal\"; addresses = 3; }, \"10.0.0.3\" ); };\n"
	"one = { backends = { name = \"only\"; address = \"c.internal\"; "
	"addresses = 2; }; balance = \"hash\"; };\n"
	"two = { backends = \"10.0.0.9\"; }; };\n"
	"sites = { s = { hosts = \"*\"; routes = { deny = 403; }; }; };\n";

static char *said;

static struct conf *load(const struct conf_change *at, unsigned n)
{
	struct conf_changes changes = {.at = at, .n = n};
	struct conf_options options = {.changes = &changes};
	size_t size;

	free(said);
	FILE *to = open_memstream(&said, &size);
	struct conf *conf = load_from_text("test.conf", file, strlen(file),
	    &options, to);
	fclose(to);
	ck_assert_msg(conf != NULL, "%s", said);
	return conf;
}

/* As of one change that is passed over. */
static void expect_warning(const struct conf_change *change,
    const char *warning)
{
	struct conf *c = load(change, 1);

	ck_assert_str_eq(said, warning);
	ck_assert_uint_eq(c->nbackends, 5 + 2 + 1);
	conf_free(c);
}

static void expect_indices(const struct conf *c)
{
	unsigned index = 0;

	for (unsigned i = 0; i < c->npools; i++)
		for (unsigned k = 0; k < c->pools[i].nbackends; k++) {
			const struct conf_backend *b = &c->pools[i].backends[k];
			ck_assert_uint_eq(b->index, index);
			ck_assert_uint_eq(b->pool, i);
			ck_assert_str_eq(b->pool_name, c->pools[i].name);
			index++;
		}
	ck_assert_uint_eq(c->nbackends, index);
}

START_TEST(a_backend_is_added_to_its_pool)
{
	static const struct conf_change add = {CHANGE_ADD, "app", "new",
		"10.0.0.4:81", 5, 7, true};
	struct conf *c = load(&add, 1);
	const struct conf_pool *p = conf_find_pool(c, "app");
	const struct conf_backend *b = conf_find_backend(p, "new");

	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(p->nbackends, 6);
	ck_assert_ptr_eq(b, &p->backends[5]);
	ck_assert_uint_eq(addr_port(&b->address), 81);
	ck_assert_uint_eq(b->weight, 5);
	ck_assert_uint_eq(b->max_connections, 7);
	ck_assert(b->backup);
	ck_assert(b->added);
	ck_assert(!p->backends[0].added);
	ck_assert(p->limited);
	ck_assert(p->ranked);
	expect_indices(c);
	conf_free(c);
}
END_TEST

START_TEST(a_name_is_added_with_its_members)
{
	static const struct conf_change add = {CHANGE_ADD, "one",
		"New.internal:8080", "New.internal:8080", 1, 0, false};
	struct conf *c = load(&add, 1);
	const struct conf_pool *p = conf_find_pool(c, "one");

	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(p->nbackends, 2 + 8);
	ck_assert_str_eq(p->backends[9].name, "New.internal:8080#8");
	ck_assert_str_eq(p->backends[9].lookup.p, "new.internal");
	ck_assert(p->backends[9].added);
	/* The circle has points of those that were added. */
	unsigned last = 0;
	for (unsigned i = 0; i < p->npoints; i++)
		last = p->points[i].backend > last ? p->points[i].backend
		    : last;
	ck_assert_uint_eq(last, 9);
	expect_indices(c);
	conf_free(c);
}
END_TEST

START_TEST(a_backend_is_removed_as_a_whole)
{
	static const struct conf_change changes[] = {
		{CHANGE_REMOVE, "app", "b"},
		{CHANGE_ADD, "app", "b", "unix:/run/b", 1, 0, false},
		{CHANGE_REMOVE, "app", "10.0.0.1:80"},
	};
	struct conf *c = load(changes, 3);
	const struct conf_pool *p = conf_find_pool(c, "app");

	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(p->nbackends, 2);
	ck_assert_str_eq(p->backends[0].name, "10.0.0.3:80");
	ck_assert_str_eq(p->backends[1].name, "b");
	ck_assert_int_eq(p->backends[1].address.sa.sa_family, AF_UNIX);
	expect_indices(c);
	conf_free(c);
}
END_TEST

START_TEST(what_does_not_fit_any_more_is_passed_over)
{
	expect_warning(&(struct conf_change){CHANGE_ADD, "gone", "x",
		"10.0.0.1", 1, 0, false}, "test.conf:1: warning: added at run "
	    "time: gone/x: there is no such pool any more\n");
	expect_warning(&(struct conf_change){CHANGE_ADD, "app", "b",
		"10.0.0.1", 1, 0, false}, "test.conf:1: warning: added at run "
	    "time: app/b: the file has it now, and what it says is taken\n");
	expect_warning(&(struct conf_change){CHANGE_REMOVE, "app", "x"},
	    "test.conf:1: warning: removed at run time: app/x: the file has "
	    "it no more\n");
	expect_warning(&(struct conf_change){CHANGE_REMOVE, "app", "b#2"},
	    "test.conf:1: warning: removed at run time: app/b#2: the file has "
	    "it no more\n");
	expect_warning(&(struct conf_change){CHANGE_REMOVE, "one", "only"},
	    "test.conf:1: warning: removed at run time: one/only: it is the "
	    "last of its pool, and stays\n");
}
END_TEST

START_TEST(what_a_file_may_not_say_is_not_added)
{
	expect_warning(&(struct conf_change){CHANGE_ADD, "app", "a/b",
		"10.0.0", 257, 0, false},
	    "test.conf:1: warning: added at run time: app/a/b: \"address\" in "
	    "it has \"10.0.0\", which is no address; write \"127.0.0.1:80\", "
	    "\"[::1]:80\", \"*:80\" or \"unix:/path\"\n"
	    "test.conf:1: warning: added at run time: app/a/b: \"name\" in it "
	    "is \"a/b\"; a name has no \"/\" and no \"#\", which commands and "
	    "the log put between names\n"
	    "test.conf:1: warning: added at run time: app/a/b: \"weight\" in "
	    "it is 257; right is 0 to 256\n");
	expect_warning(&(struct conf_change){CHANGE_ADD, "app", "x",
		"10.0.0.7", UINT32_MAX, UINT32_MAX, false},
	    "test.conf:1: warning: added at run time: app/x: \"weight\" in it "
	    "is 2147483647; right is 0 to 256\n"
	    "test.conf:1: warning: added at run time: app/x: "
	    "\"max_connections\" in it is 2147483647; right is 0 to "
	    "1000000\n");
}
END_TEST

static struct conf *load_workers(const char *text, unsigned min, unsigned max)
{
	struct conf_changes changes = {.workers_min = min,
		.workers_max = max};
	struct conf_options options = {.changes = &changes};
	char *all;
	size_t n;

	ck_assert_int_gt(asprintf(&all, "%s%s", text, file), 0);
	free(said);
	FILE *to = open_memstream(&said, &n);
	struct conf *conf = load_from_text("test.conf", all, strlen(all),
	    &options, to);
	fclose(to);
	free(all);
	ck_assert_msg(conf != NULL, "%s", said);
	return conf;
}

START_TEST(numbers_of_workers_are_set)
{
	struct conf *c = load_workers("workers = { min = 9; max = 10; };", 3,
	    5);

	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(c->workers_min, 3);
	ck_assert_uint_eq(c->workers_max, 5);
	conf_free(c);
	c = load_workers("workers = { min = 9; max = 10; };", 0, 20);
	ck_assert_uint_eq(c->workers_min, 9);
	ck_assert_uint_eq(c->workers_max, 20);
	conf_free(c);
	c = load_workers("", 0, 1);
	ck_assert_uint_eq(c->workers_min, 1);
	ck_assert_uint_eq(c->workers_max, 1);
	conf_free(c);
	c = load_workers("workers = { min = 9; max = 10; };", 0, 8);
	ck_assert_str_eq(said, "test.conf:1: warning: set at run time: "
	    "workers 9 to 8 are not possible with what the file says now\n");
	ck_assert_uint_eq(c->workers_min, 9);
	ck_assert_uint_eq(c->workers_max, 10);
	conf_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_changes");
	TCase *t = tcase_create("changes");

	tcase_add_test(t, a_backend_is_added_to_its_pool);
	tcase_add_test(t, a_name_is_added_with_its_members);
	tcase_add_test(t, a_backend_is_removed_as_a_whole);
	tcase_add_test(t, what_does_not_fit_any_more_is_passed_over);
	tcase_add_test(t, what_a_file_may_not_say_is_not_added);
	tcase_add_test(t, numbers_of_workers_are_set);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
