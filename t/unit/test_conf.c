/* SPDX-License-Identifier: BSD-2-Clause */
/* What the object holds once a configuration is loaded. */
/* links: conf base */
#include "conf/conf.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <check.h>
#include <pcre2.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/load.h"

#define LISTENER "listeners = { http = { address = \"*:8080\"; }; };\n"
#define POOL "pools = { app = { backends = \"127.0.0.1:3000\"; }; };\n"

static struct conf *load(const char *text)
{
	struct conf *conf = load_from_text("test.conf", text, strlen(text),
	    NULL, stderr);

	ck_assert_ptr_nonnull(conf);
	return conf;
}

static void expect_refused(const char *text, const char *said)
{
	char *out;
	size_t n;
	FILE *to = open_memstream(&out, &n);

	ck_assert_ptr_null(load_from_text("test.conf", text, strlen(text),
	    NULL, to));
	fclose(to);
	ck_assert_msg(strstr(out, said) != NULL, "%s", out);
	free(out);
}

START_TEST(the_smallest_file_has_every_default)
{
	struct conf *c = load(LISTENER POOL);

	ck_assert_uint_ge(c->workers_min, 4);
	ck_assert_uint_ge(c->workers_max, c->workers_min);
	ck_assert_uint_eq(c->connections, 10000);
	ck_assert(!c->connections_given);
	ck_assert_uint_eq(c->buffers, 10000 * 20480);
	ck_assert((c->pid_file == NULL) == (geteuid() != 0));
	ck_assert_int_eq(c->error_log.kind, CONF_LOG_SYSLOG);
	ck_assert_int_eq(c->error_log.facility, LOG_DAEMON);
	ck_assert_int_eq(c->error_log.level, LOG_LEVEL_INFO);
	ck_assert_uint_eq(c->naccess_logs, 0);
	ck_assert_uint_eq(c->drain_timeout, 60000);
	ck_assert_uint_eq(c->listeners[0].backlog, 1024);
	ck_assert_uint_eq(c->listeners[0].max_header, 16384);
	ck_assert_uint_eq(c->listeners[0].timeouts.keepalive, 15000);
	ck_assert_uint_eq(c->pools[0].retry.attempts, 3);
	ck_assert_uint_eq(c->pools[0].retry.on, 63);
	ck_assert_uint_eq(c->pools[0].idle_connections, 64);
	conf_free(c);
}
END_TEST

START_TEST(one_pool_without_sites_takes_everything)
{
	struct conf *c = load(LISTENER POOL);
	const struct conf_site *site = conf_find_site(c, SLICE("x.example"));

	ck_assert_ptr_nonnull(site);
	ck_assert_ptr_eq(site, c->any);
	ck_assert_uint_eq(site->nroutes, 1);
	ck_assert_ptr_eq(site->routes[0].pool, &c->pools[0]);
	ck_assert_ptr_eq(site->routes[0].policy.hide.at,
	    site->policy.hide.at);
	ck_assert_uint_eq(site->policy.hide.n, 6);
	conf_free(c);
}
END_TEST

START_TEST(bounds_of_workers_give_way_to_each_other)
{
	struct conf *c = load("workers = { min = 100; };" LISTENER POOL);

	ck_assert_uint_ge(c->workers_max, 100);
	conf_free(c);
	c = load("workers = { max = 1; };" LISTENER POOL);
	ck_assert_uint_eq(c->workers_min, 1);
	conf_free(c);
}
END_TEST

START_TEST(backends_are_counted_and_named)
{
	struct conf *c = load(LISTENER "pools = {"
	    "a = { backends = [ \"10.0.0.1\", \"unix:/run/a\" ]; };"
	    "b = { backends = { name = \"b1\"; address = \"[::1]:81\";"
	    " weight = 0; backup = true; }; host = \"X.example\"; }; };"
	    "sites = { s = { hosts = \"*\"; routes = { pool = \"b\"; }; }; };");
	const struct conf_backend *b = c->pools[0].backends;

	ck_assert_uint_eq(c->nbackends, 3);
	ck_assert_str_eq(b[0].name, "10.0.0.1:80");
	ck_assert_str_eq(b[0].pool_name, "a");
	ck_assert(slice_eq(b[0].host, SLICE("10.0.0.1")));
	ck_assert_uint_eq(b[0].weight, 1);
	ck_assert(slice_eq(b[1].host, SLICE("localhost")));
	ck_assert_uint_eq(b[1].index, 1);
	b = c->pools[1].backends;
	ck_assert_str_eq(b[0].name, "b1");
	ck_assert_uint_eq(b[0].index, 2);
	ck_assert_uint_eq(b[0].weight, 0);
	ck_assert(b[0].backup);
	ck_assert(slice_eq(b[0].host, SLICE("[::1]:81")));
	ck_assert_int_eq(c->pools[1].host, CONF_HOST_NAME);
	ck_assert(slice_eq(c->pools[1].host_name, SLICE("x.example")));
	conf_free(c);
}
END_TEST

static const char *site_of(const struct conf *c, const char *host)
{
	const struct conf_site *site = conf_find_site(c, slice_str(host));

	return site ? site->name : "none";
}

START_TEST(the_longest_host_wins)
{
	struct conf *c = load(LISTENER POOL "sites = {"
	    "a = { hosts = [ \"Shop.example\", \"127.0.0.1\", \"[::1]\" ];"
	    " routes = { deny = 403; }; };"
	    "b = { hosts = \"*.shop.example\"; routes = { deny = 403; }; };"
	    "c = { hosts = \"*.example\"; routes = { deny = 403; }; };"
	    "d = { hosts = \"x.y.shop.example\"; routes = { deny = 403; }; };"
	    "};");

	ck_assert_str_eq(site_of(c, "shop.example"), "a");
	ck_assert_str_eq(site_of(c, "127.0.0.1"), "a");
	ck_assert_str_eq(site_of(c, "[::1]"), "a");
	ck_assert_str_eq(site_of(c, "a.shop.example"), "b");
	ck_assert_str_eq(site_of(c, "a.b.shop.example"), "b");
	ck_assert_str_eq(site_of(c, "x.y.shop.example"), "d");
	ck_assert_str_eq(site_of(c, "other.example"), "c");
	ck_assert_str_eq(site_of(c, "example"), "none");
	ck_assert_str_eq(site_of(c, ".shop.example"), "none");
	ck_assert_str_eq(site_of(c, "."), "none");
	ck_assert_str_eq(site_of(c, ""), "none");
	conf_free(c);
}
END_TEST

START_TEST(routes_hold_conditions_and_one_action)
{
	struct conf *c = load("listeners = { a = { address = \"*:1\"; };"
	    " b = { address = \"*:2\"; }; };" POOL
	    "sites = { s = { hosts = \"*\"; routes = ("
	    "{ path_re = \"^/\\\\d+$\"; listeners = \"b\"; deny = 410; },"
	    "{ path = \"/a\"; methods = \"GET\"; hide = [ ];"
	    "  redirect = { to = \"/b\"; }; },"
	    "{ respond = { status = 200; body = \"hi\\n\"; }; } ); }; };");
	const struct conf_route *r = c->sites[0].routes;

	ck_assert_uint_eq(r[0].match.listeners, 2);
	ck_assert_int_eq(r[0].action, CONF_DENY);
	ck_assert_uint_eq(r[0].deny, 410);
	pcre2_match_data *m = pcre2_match_data_create(4, NULL);
	const pcre2_code *re = r[0].match.path_re.code;
	ck_assert_int_gt(pcre2_match(re, (PCRE2_SPTR)"/12", 3, 0, 0, m, NULL),
	    0);
	ck_assert_int_lt(pcre2_match(re, (PCRE2_SPTR)"/1x", 3, 0, 0, m, NULL),
	    0);
	pcre2_match_data_free(m);
	ck_assert(slice_eq(r[1].match.path, SLICE("/a")));
	ck_assert_ptr_null(r[1].match.path_is.p);
	ck_assert_uint_eq(r[1].match.methods.n, 1);
	ck_assert_uint_eq(r[1].policy.hide.n, 0);
	ck_assert_uint_eq(r[1].redirect.status, 302);
	ck_assert(slice_eq(r[2].respond.body, SLICE("hi\n")));
	ck_assert(slice_starts(r[2].respond.type, SLICE("text/plain")));
	conf_free(c);
}
END_TEST

START_TEST(quick_mode_needs_no_file)
{
	const char *const backends[] = {"10.0.0.1", "10.0.0.2:81", NULL};
	struct conf_options options = {true, "*:8080", backends};
	struct conf *c = conf_load(NULL, &options, stderr);

	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_null(c->file);
	ck_assert_uint_eq(addr_port(&c->listeners[0].addresses[0]), 8080);
	ck_assert_uint_eq(c->pools[0].nbackends, 2);
	ck_assert_int_eq(c->error_log.kind, CONF_LOG_STDERR);
	ck_assert_ptr_nonnull(c->any);
	conf_free(c);
}
END_TEST

START_TEST(quick_mode_names_its_options)
{
	const char *const backends[] = {"web:x", NULL};
	struct conf_options options = {true, "*:x", backends};
	char *out;
	size_t n;
	FILE *to = open_memstream(&out, &n);

	ck_assert_ptr_null(conf_load(NULL, &options, to));
	fclose(to);
	ck_assert_ptr_nonnull(strstr(out, "-l: \"address\""));
	ck_assert_ptr_nonnull(strstr(out, "\n-b: \"address\""));
	free(out);
}
END_TEST

START_TEST(what_is_too_much_is_refused)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	fputs(POOL "listeners = {\n", to);
	for (int i = 0; i < 65; i++)
		fprintf(to, "l%d = { address = \"*:%d\"; };\n", i, i + 1);
	fputs("};\n", to);
	fclose(to);
	expect_refused(text, "test.conf:2: \"listeners\" has 65 members");
	free(text);
	to = open_memstream(&text, &n);
	fputs(LISTENER "pools = {\n", to);
	for (int i = 0; i < 2; i++) {
		fprintf(to, "p%d = { backends = (\n", i);
		for (int j = 0; j < 2049; j++)
			fprintf(to, "%s\"127.0.0.1:%d\"\n", j ? "," : "",
			    j + 1);
		fputs("); };\n", to);
	}
	fputs("};\n", to);
	fclose(to);
	expect_refused(text, "more than 4096 backends");
	free(text);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
	FILE *nowhere = fopen("/dev/null", "we");
	static const char text[] = LISTENER "\0" POOL;

	ck_assert_ptr_null(load_from_text("x", text, sizeof text - 1, NULL,
	    nowhere));
	fclose(nowhere);
	expect_refused(LISTENER POOL "user = \"a\\x00b\";", "NUL byte");
	expect_refused(LISTENER POOL "@include \"x\"", "needs a file");
	expect_refused(LISTENER POOL "connections = 4294967396;", "9 digits");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_said)
{
	char *out;
	size_t n;
	FILE *to = open_memstream(&out, &n);

	ck_assert_ptr_null(conf_load("/nowhere/portico.conf", NULL, to));
	fclose(to);
	ck_assert_str_eq(out, "cannot read /nowhere/portico.conf: No such "
	    "file or directory\n");
	free(out);
}
END_TEST

START_TEST(every_keyword_is_listed)
{
	char *out;
	size_t n;
	FILE *to = open_memstream(&out, &n);

	conf_list_keywords(to);
	fclose(to);
	ck_assert_ptr_nonnull(strstr(out,
	    "\npools.NAME.timeouts.connect\tduration\t\"2s\"\tto connect\n"));
	ck_assert_ptr_nonnull(strstr(out, "\nlisteners.NAME.address\t"));
	/* From the two tables that are read for several groups. */
	ck_assert_ptr_nonnull(strstr(out, "\nsites.NAME.websocket\tboolean"
	    "\ttrue\tupgrades "));
	ck_assert_ptr_nonnull(strstr(out, "\nsites.NAME.routes.websocket\t"
	    "boolean\t(of the site)\tupgrades "));
	ck_assert_ptr_nonnull(strstr(out, "\nsites.NAME.routes.not.path\t"));
	free(out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("conf");

	tcase_add_test(t, the_smallest_file_has_every_default);
	tcase_add_test(t, one_pool_without_sites_takes_everything);
	tcase_add_test(t, bounds_of_workers_give_way_to_each_other);
	tcase_add_test(t, backends_are_counted_and_named);
	tcase_add_test(t, the_longest_host_wins);
	tcase_add_test(t, routes_hold_conditions_and_one_action);
	tcase_add_test(t, quick_mode_needs_no_file);
	tcase_add_test(t, quick_mode_names_its_options);
	tcase_add_test(t, what_is_too_much_is_refused);
	tcase_add_test(t, bytes_that_are_no_text_are_refused);
	tcase_add_test(t, a_file_that_is_not_there_is_said);
	tcase_add_test(t, every_keyword_is_listed);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
