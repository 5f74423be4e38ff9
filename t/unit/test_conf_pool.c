/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools: what their keys become, members of names, changes at run time. */
/* links: conf base */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/load.h"

#define TOP "listeners = { http = { address = \"*:8080\"; }; };\n"
#define END "sites = { s = { hosts = \"*\"; routes = { deny = 403; }; }; };\n"

static char *said;

/* What is said goes into `said`. */
static struct conf *load_with(const char *text,
    const struct conf_changes *changes)
{
	struct conf_options options = {.changes = changes};
	size_t n;

	free(said);
	FILE *to = open_memstream(&said, &n);
	struct conf *conf = load_from_text("test.conf", text, strlen(text),
	    &options, to);
	fclose(to);
	return conf;
}

static struct conf *load(const char *text)
{
	struct conf *conf = load_with(text, NULL);

	ck_assert_msg(conf != NULL, "%s", said);
	ck_assert_str_eq(said, "");
	return conf;
}

static void expect(struct slice s, const char *text)
{
	ck_assert_msg(slice_eq(s, slice_str(text)), "\"%.*s\" is not \"%s\"",
	    SLICE_FMT(s), text);
}

START_TEST(a_pool_has_every_default)
{
	struct conf *c = load(TOP
	    "pools = { app = { backends = \"10.0.0.1\"; }; };");
	const struct conf_pool *p = &c->pools[0];

	ck_assert_int_eq(p->balance, BALANCE_ROUND_ROBIN);
	ck_assert_uint_eq(p->npoints, 0);
	ck_assert_uint_eq(p->retry.budget, 20);
	ck_assert_uint_eq(p->sticky.cookie.n, 0);
	ck_assert(!p->health.on);
	ck_assert_uint_eq(p->passive.failures, 5);
	ck_assert_uint_eq(p->passive.window, 10000);
	ck_assert_uint_eq(p->passive.eject, 30000);
	ck_assert_uint_eq(p->passive.max_ejected, 50);
	ck_assert_uint_eq(p->queue.length, 0);
	ck_assert_uint_eq(p->queue.timeout, 5000);
	ck_assert_uint_eq(p->slow_start, 0);
	ck_assert_uint_eq(p->resolve, 30000);
	ck_assert_ptr_null(p->fallback);
	ck_assert(!p->try_when_down);
	ck_assert(!p->limited);
	ck_assert(!p->ranked);
	ck_assert_uint_eq(p->backends[0].max_connections, 0);
	ck_assert_int_eq(p->backends[0].state, CONF_UP);
	ck_assert_uint_eq(p->backends[0].members, 1);
	ck_assert(!p->backends[0].added);
	conf_free(c);
}
END_TEST

static bool has_only(const struct conf_statuses *s, unsigned low,
    unsigned high)
{
	for (unsigned i = 0; i < 700; i++)
		if (conf_has_status(s, i) != (i >= low && i <= high))
			return false;
	return true;
}

START_TEST(an_empty_group_is_a_check_of_connections)
{
	struct conf *c = load(TOP "pools = { app = { backends = "
	    "\"10.0.0.1\"; health = { }; passive = false; }; };");
	const struct conf_pool *p = &c->pools[0];

	ck_assert(p->health.on);
	ck_assert_uint_eq(p->health.path.n, 0);
	expect(p->health.method, "GET");
	ck_assert_uint_eq(p->health.host.n, 0);
	ck_assert_uint_eq(p->health.port, 0);
	ck_assert_uint_eq(p->health.interval, 2000);
	ck_assert_uint_eq(p->health.interval_down, 2000);
	ck_assert_uint_eq(p->health.timeout, 1000);
	ck_assert_uint_eq(p->health.rise, 2);
	ck_assert_uint_eq(p->health.fall, 3);
	ck_assert(has_only(&p->health.status, 200, 399));
	ck_assert_ptr_null(p->health.body_re.code);
	ck_assert(!p->health.drain_on_404);
	ck_assert_uint_eq(p->passive.failures, 0);
	ck_assert_uint_eq(p->passive.eject, 30000);
	conf_free(c);
}
END_TEST

/* The file of every key, as it is and as it is dumped. */
static struct conf *load_full(int dumped)
{
	char name[] = "/tmp/portico-pool-XXXXXX";
	struct conf *conf = conf_load("t/data/conf/ok-full.conf", NULL,
	    stderr);

	ck_assert_ptr_nonnull(conf);
	if (!dumped)
		return conf;
	int fd = mkstemp(name);
	FILE *f = fdopen(fd, "w");
	ck_assert_ptr_nonnull(f);
	conf_dump(conf, f);
	fclose(f);
	conf_free(conf);
	conf = conf_load(name, NULL, stderr);
	unlink(name);
	ck_assert_ptr_nonnull(conf);
	return conf;
}

START_TEST(each_key_of_a_pool_is_kept)
{
	struct conf *c = load_full(_i);
	const struct conf_pool *p = conf_find_pool(c, "app");

	ck_assert_int_eq(p->balance, BALANCE_HASH);
	ck_assert_uint_gt(p->npoints, 0);
	ck_assert_int_eq(p->hash_by, HASH_HEADER);
	expect(p->hash_name, "X-Customer");
	expect(p->sticky.cookie, "route");
	ck_assert_uint_eq(p->sticky.ttl, 3600000);
	expect(p->sticky.secret, "not so secret, as it stands here");
	ck_assert_uint_eq(p->passive.failures, 3);
	ck_assert_uint_eq(p->passive.window, 20000);
	ck_assert_uint_eq(p->passive.eject, 10000);
	ck_assert_uint_eq(p->passive.max_ejected, 34);
	ck_assert_uint_eq(p->queue.length, 50);
	ck_assert_uint_eq(p->queue.timeout, 2000);
	ck_assert_uint_eq(p->slow_start, 30000);
	ck_assert_uint_eq(p->resolve, 60000);
	ck_assert_ptr_eq(p->fallback, conf_find_pool(c, "web"));
	ck_assert(p->try_when_down);
	ck_assert_uint_eq(p->retry.budget, 10);
	ck_assert(p->limited);
	ck_assert(p->ranked);
	p = p->fallback;
	ck_assert_int_eq(p->balance, BALANCE_LEAST_TIME);
	ck_assert(p->health.on);
	ck_assert_uint_eq(p->passive.failures, 0);
	ck_assert(!p->limited);
	ck_assert(!p->ranked);
	ck_assert_ptr_null(conf_find_pool(c, "ap"));
	conf_free(c);
}
END_TEST

START_TEST(each_key_of_a_check_is_kept)
{
	struct conf *c = load_full(_i);
	const struct conf_pool *p = conf_find_pool(c, "app");

	ck_assert(p->health.on);
	expect(p->health.path, "/healthz?a=b");
	expect(p->health.method, "HEAD");
	expect(p->health.host, "check.example:81");
	ck_assert_uint_eq(p->health.port, 8081);
	ck_assert_uint_eq(p->health.interval, 5000);
	ck_assert_uint_eq(p->health.interval_down, 1000);
	ck_assert_uint_eq(p->health.timeout, 500);
	ck_assert_uint_eq(p->health.rise, 1);
	ck_assert_uint_eq(p->health.fall, 5);
	ck_assert(conf_has_status(&p->health.status, 299));
	ck_assert(!conf_has_status(&p->health.status, 300));
	ck_assert(conf_has_status(&p->health.status, 401));
	ck_assert(!conf_has_status(&p->health.status, 402));
	ck_assert(conf_has_status(&p->health.status, 403));
	ck_assert_ptr_nonnull(p->health.body_re.code);
	ck_assert_str_eq(p->health.body_re.text, "\\berror\\b");
	ck_assert(p->health.body_not);
	ck_assert(p->health.drain_on_404);
	conf_free(c);
}
END_TEST

START_TEST(the_keys_of_the_master_are_kept)
{
	struct conf *c = load_full(_i);
	char text[ADDR_TEXT], folder[4096];

	ck_assert_str_eq(c->control.path, "/run/portico-test.socket");
	ck_assert_uint_eq(c->control.mode, 0660);
	ck_assert_str_eq(c->control.group, "root");
	ck_assert_ptr_nonnull(getcwd(folder, sizeof folder - 32));
	strcat(folder, "/t/data/conf/pages");
	ck_assert_str_eq(c->state_dir, folder);
	ck_assert_uint_eq(c->nresolvers, 3);
	addr_format(&c->resolvers[0], text);
	ck_assert_str_eq(text, "192.0.2.53:53");
	addr_format(&c->resolvers[1], text);
	ck_assert_str_eq(text, "[::1]:53");
	addr_format(&c->resolvers[2], text);
	ck_assert_str_eq(text, "[2001:db8::1]:5353");
	conf_free(c);
}
END_TEST

START_TEST(a_split_names_its_pools)
{
	struct conf *c = load_full(_i);
	const struct conf_site *site = conf_find_site(c,
	    SLICE("shop.example"));
	const struct conf_route *r = site->routes;

	while (r->action != CONF_SPLIT)
		r++;
	expect(r->match.path, "/new");
	ck_assert_uint_eq(r->nsplit, 2);
	ck_assert_uint_eq(r->split_sum, 100);
	ck_assert_ptr_eq(r->split[0].pool, conf_find_pool(c, "app"));
	ck_assert_uint_eq(r->split[0].weight, 95);
	ck_assert_ptr_eq(r->split[1].pool, conf_find_pool(c, "web"));
	ck_assert_uint_eq(r->split[1].weight, 5);
	conf_free(c);
}
END_TEST

START_TEST(a_name_has_members)
{
	struct conf *c = load(TOP "pools = { first = { backends = \"10.0.0.1\";"
	    " }; app = { backends = ( \"10.0.0.2:81\", { address = "
	    "\"App.internal:8080\"; addresses = 3; weight = 7; "
	    "max_connections = 9; }, \"[::1]\" ); host = \"backend\"; };\n"
	    "last = { backends = ( \"web_1\", { name = \"x\"; addresses = 1; "
	    "address = \"srv:_http._tcp.X.internal\"; } ); }; };" END);
	const struct conf_pool *p = conf_find_pool(c, "app");

	ck_assert_uint_eq(p->nbackends, 5);
	ck_assert_uint_eq(c->nbackends, 15);
	for (unsigned i = 1; i <= 3; i++) {
		const struct conf_backend *b = &p->backends[i];
		char name[32];
		snprintf(name, sizeof name, i == 1 ? "app.internal:8080"
		    : "app.internal:8080#%u", i);
		ck_assert_str_eq(b->name, name);
		ck_assert_ptr_eq(conf_find_backend(p, name), b);
		ck_assert_str_eq(b->pool_name, "app");
		ck_assert_uint_eq(b->index, 1 + i);
		ck_assert_uint_eq(b->pool, 1);
		ck_assert_uint_eq(b->member, i - 1);
		ck_assert_uint_eq(b->members, 3);
		ck_assert_uint_eq(b->address.len, 0);
		ck_assert_str_eq(b->lookup.p, "app.internal");
		ck_assert_uint_eq(b->port, 8080);
		ck_assert(!b->srv);
		ck_assert_uint_eq(b->weight, 7);
		ck_assert_uint_eq(b->max_connections, 9);
		expect(b->host, "app.internal:8080");
	}
	ck_assert_uint_eq(p->backends[4].member, 0);
	ck_assert_uint_eq(p->backends[4].index, 5);
	ck_assert_ptr_null(conf_find_backend(p, "app.internal"));
	ck_assert(!p->ranked);
	conf_free(c);
}
END_TEST

START_TEST(names_without_ports_and_of_services)
{
	struct conf *c = load(TOP "pools = { app = { backends = ( \"web_1\", "
	    "{ name = \"x\"; addresses = 2; address = "
	    "\"srv:_http._tcp.X.internal\"; }, { addresses = 1; address = "
	    "\"srv:web.service.internal\"; } ); }; };");
	const struct conf_backend *b = c->pools[0].backends;

	ck_assert_uint_eq(c->nbackends, 8 + 2 + 1);
	ck_assert_str_eq(b->name, "web_1:80");
	ck_assert_str_eq(b[7].name, "web_1:80#8");
	ck_assert_str_eq(b->lookup.p, "web_1");
	ck_assert_uint_eq(b->port, 80);
	expect(b->host, "web_1");
	b += 8;
	ck_assert_str_eq(b[0].name, "x");
	ck_assert_str_eq(b[1].name, "x#2");
	ck_assert_str_eq(b->lookup.p, "_http._tcp.x.internal");
	ck_assert_uint_eq(b->lookup.n, strlen(b->lookup.p));
	ck_assert(b->srv);
	ck_assert_uint_eq(b->port, 0);
	expect(b->host, "x.internal");
	ck_assert_str_eq(b[2].name, "srv:web.service.internal");
	expect(b[2].host, "web.service.internal");
	ck_assert(c->pools[0].ranked);
	conf_free(c);
}
END_TEST

START_TEST(members_are_backends_that_are_counted)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	fputs(TOP "pools = { a = { backends = (\n", to);
	for (int i = 0; i < 64; i++)
		fprintf(to, "%s{ address = \"b%d.internal\"; addresses = 64; }",
		    i ? ",\n" : "", i);
	fputs("); };\nb = { backends = \"10.0.0.1\"; }; };" END, to);
	fclose(to);
	ck_assert_ptr_null(load_with(text, NULL));
	ck_assert_ptr_nonnull(strstr(said, "test.conf:67: \"backends\" in "
	    "pool \"b\" makes more than 4096 backends in all pools\n"));
	free(text);
}
END_TEST

START_TEST(a_unix_socket_is_its_own_name)
{
	struct conf *c = load(TOP "pools = { app = { backends = ( "
	    "{ address = \"unix:/run/a#2\"; name = \"unix:/run/a#2\"; },"
	    " \"unix:/run/b\" ); }; };");

	ck_assert_str_eq(c->pools[0].backends[0].name, "unix:/run/a#2");
	ck_assert_str_eq(c->pools[0].backends[1].name, "unix:/run/b");
	conf_free(c);
}
END_TEST

START_TEST(the_control_socket_is_beside_the_pid_file)
{
	struct conf *c = load(TOP "pid_file = \"/run/a.pid\";"
	    "pools = { app = { backends = \"10.0.0.1\"; }; };");

	ck_assert_str_eq(c->control.path, "/run/a.sock");
	ck_assert_uint_eq(c->control.mode, 0600);
	ck_assert_ptr_null(c->control.group);
	conf_free(c);
	c = load(TOP "pid_file = \"/run/a\"; control = { mode = \"0640\"; };"
	    "pools = { app = { backends = \"10.0.0.1\"; }; };");
	ck_assert_str_eq(c->control.path, "/run/a.sock");
	ck_assert_uint_eq(c->control.mode, 0640);
	conf_free(c);
	c = load(TOP "pid_file = \"/run/a.pid\"; control = false;"
	    "pools = { app = { backends = \"10.0.0.1\"; }; };");
	ck_assert_ptr_null(c->control.path);
	conf_free(c);
	c = load(TOP "pid_file = false;"
	    "pools = { app = { backends = \"10.0.0.1\"; }; };");
	ck_assert_ptr_null(c->control.path);
	conf_free(c);
	c = load(TOP "pid_file = false; control = \"/run/b\";"
	    "pools = { app = { backends = \"10.0.0.1\"; }; };");
	ck_assert_str_eq(c->control.path, "/run/b");
	conf_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_pool");
	TCase *t = tcase_create("pool");

	tcase_add_test(t, a_pool_has_every_default);
	tcase_add_test(t, an_empty_group_is_a_check_of_connections);
	tcase_add_loop_test(t, each_key_of_a_pool_is_kept, 0, 2);
	tcase_add_loop_test(t, each_key_of_a_check_is_kept, 0, 2);
	tcase_add_loop_test(t, the_keys_of_the_master_are_kept, 0, 2);
	tcase_add_loop_test(t, a_split_names_its_pools, 0, 2);
	tcase_add_test(t, a_name_has_members);
	tcase_add_test(t, names_without_ports_and_of_services);
	tcase_add_test(t, members_are_backends_that_are_counted);
	tcase_add_test(t, a_unix_socket_is_its_own_name);
	tcase_add_test(t, the_control_socket_is_beside_the_pid_file);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
