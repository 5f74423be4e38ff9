/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditions, policies, templates and logs: from the file, and back again. */
/* links: conf base */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/load.h"

#define TOP "listeners = { http = { address = \"*:8080\"; }; };\n"             \
	"pools = { app = { backends = \"127.0.0.1:3000\"; }; };\n"

static void expect(struct slice s, const char *text)
{
	ck_assert_msg(slice_eq(s, slice_str(text)), "\"%.*s\" is not \"%s\"",
	    SLICE_FMT(s), text);
}

static struct conf *load(const char *text)
{
	struct conf *conf = load_from_text("test.conf", text, strlen(text),
	    NULL, stderr);

	ck_assert_ptr_nonnull(conf);
	return conf;
}

/* The file of every key, as it is and as it is dumped. */
static struct conf *load_full(int dumped)
{
	struct conf *first = conf_load("ok-full.conf", NULL, stderr);
	char *text;
	size_t n;

	ck_assert_ptr_nonnull(first);
	if (!dumped)
		return first;
	FILE *to = open_memstream(&text, &n);
	conf_dump(first, to);
	fclose(to);
	conf_free(first);
	struct conf *second = load(text);
	free(text);
	return second;
}

static void expect_logs(const struct conf *c)
{
	const struct conf_access_log *log = c->access_logs;
	const struct conf_template *t = &log[2].custom;

	ck_assert_uint_eq(c->naccess_logs, 3);
	ck_assert_int_eq(log[0].format, FORMAT_COMBINED);
	ck_assert_str_eq(log[0].log.path, "/var/log/portico/access.log");
	ck_assert(!log[0].errors_only);
	ck_assert_uint_eq(log[0].sample, 1000000);
	ck_assert_int_eq(log[1].format, FORMAT_JSON);
	ck_assert_int_eq(log[1].log.kind, CONF_LOG_SYSLOG);
	ck_assert_int_eq(log[1].log.facility, LOG_LOCAL0);
	ck_assert(log[1].errors_only);
	ck_assert_int_eq(log[2].format, FORMAT_CUSTOM);
	ck_assert_int_eq(log[2].log.kind, CONF_LOG_STDERR);
	ck_assert_uint_eq(log[2].sample, 5000);
	ck_assert_uint_eq(t->n, 7);
	ck_assert_uint_eq(t->at[0].kind, LOG_FIELD_CLIENT);
	ck_assert_ptr_nonnull(t->at[0].text.p);
	expect(t->at[1].text, " \"");
	ck_assert_uint_eq(t->at[2].kind, LOG_FIELD_REQUEST);
	expect(t->at[2].text, "User-Agent");
	expect(t->at[3].text, "\" {");
	ck_assert_uint_eq(t->at[4].kind, LOG_FIELD_STATUS);
	ck_assert_uint_eq(t->at[5].kind, LOG_FIELD_TEXT);
	expect(t->at[5].text, "} ");
	ck_assert_uint_eq(t->at[6].kind, LOG_FIELD_T_TOTAL);
}

static void expect_site(const struct conf_policy *p)
{
	expect(p->strip_prefix, "/shop");
	expect(p->add_prefix, "/v1");
	ck_assert_ptr_nonnull(p->rewrite.re.code);
	ck_assert_uint_eq(p->rewrite.to.n, 4);
	expect(p->rewrite.to.at[0].text, "/item.php?id=");
	ck_assert_uint_eq(p->rewrite.to.at[1].kind, PLACE_CAPTURE);
	ck_assert_uint_eq(p->rewrite.to.at[1].number, 1);
	ck_assert_uint_eq(p->rewrite.to.at[3].kind, PLACE_QUERY);
	ck_assert_uint_eq(p->request.remove.n, 1);
	ck_assert_uint_eq(p->request.nset, 1);
	expect(p->request.set[0].name, "X-Shop");
	ck_assert_uint_eq(p->request.set[0].value.at[0].kind, PLACE_HOST);
	ck_assert_uint_eq(p->request.nadd, 2);
	expect(p->request.add[1].name, "X-From");
	ck_assert_uint_eq(p->request.add[1].value.n, 1);
	expect(p->request.add[1].value.at[0].text, "a {b}");
	ck_assert_uint_eq(p->response.remove.n, 2);
	ck_assert_uint_eq(p->response.nset, 2);
	ck_assert_uint_eq(p->response.set[1].value.n, 0);
	ck_assert_uint_eq(p->response.nadd, 1);
	ck_assert_uint_eq(p->hide.n, 1);
	ck_assert(!p->rewrite_location && !p->rewrite_cookies);
	ck_assert(!p->websocket && !p->buffer_request);
	ck_assert_uint_eq(p->max_body, 1 << 20);
	ck_assert_uint_eq(p->nerrors, 2);
	ck_assert_uint_eq(p->errors[0].nstatus, 2);
	ck_assert_uint_eq(p->errors[0].status[1], 503);
	ck_assert_int_eq(p->errors[0].file[0], '/');
	ck_assert(slice_starts(p->errors[0].body, SLICE("<!DOCTYPE html>\n")));
	expect(p->errors[0].type, "text/html; charset=utf-8");
	expect(p->errors[1].body, "{\"error\":\"soon\"}\n");
	expect(p->errors[1].type, "application/json");
	ck_assert_uint_eq(p->allow.n, 2);
	ck_assert_uint_eq(p->deny_clients.n, 1);
}

static void expect_named(const struct conf_named_regexes *list,
    const char *name, const char *text)
{
	ck_assert_uint_ge(list->n, 1);
	expect(list->at[0].name, name);
	ck_assert_str_eq(list->at[0].re.text, text);
	ck_assert_ptr_nonnull(list->at[0].re.code);
}

static void expect_match(const struct conf_route *r)
{
	const struct conf_match *not = &r->nots[1];

	ck_assert_uint_eq(r->match.headers.n, 2);
	expect_named(&r->match.headers, "User-Agent", "curl|wget");
	expect_named(&r->match.cookies, "session", ".");
	expect_named(&r->match.query, "debug", "^1$");
	ck_assert_uint_eq(r->match.clients.n, 2);
	ck_assert_uint_eq(r->nnots, 2);
	expect(r->nots[0].path_is, "/match/a");
	ck_assert_uint_eq(r->nots[0].methods.n, 1);
	ck_assert_ptr_null(r->nots[0].path.p);
	expect(not->path, "/match/b");
	ck_assert_str_eq(not->path_re.text, "x$");
	ck_assert_uint_eq(not->listeners, 1);
	expect_named(&not->headers, "Accept", "json");
	expect_named(&not->cookies, "a", "b");
	expect_named(&not->query, "c", "d");
	ck_assert_uint_eq(not->clients.n, 1);
}

/* A route that says otherwise than its site in everything but hide. */
static void expect_route(const struct conf_policy *p,
    const struct conf_policy *site)
{
	ck_assert_uint_eq(p->strip_prefix.n, 0);
	ck_assert_uint_eq(p->add_prefix.n, 0);
	ck_assert_ptr_null(p->rewrite.re.code);
	ck_assert_uint_eq(p->rewrite.to.n, 0);
	ck_assert_ptr_eq(p->request.remove.at, site->request.remove.at);
	ck_assert_uint_eq(p->request.nset, 1);
	ck_assert_uint_eq(p->request.set[0].value.n, 2);
	ck_assert_uint_eq(p->request.set[0].value.at[0].number, 2);
	ck_assert_uint_eq(p->request.set[0].value.at[1].number, 1);
	ck_assert_uint_eq(p->request.nadd, 0);
	ck_assert_uint_eq(p->response.remove.n, 0);
	ck_assert_uint_eq(p->response.nset, 2);
	ck_assert_uint_eq(p->response.nadd, 1);
	ck_assert_ptr_eq(p->hide.at, site->hide.at);
	ck_assert(p->rewrite_location && p->rewrite_cookies);
	ck_assert(p->websocket && p->buffer_request);
	ck_assert_uint_eq(p->max_body, 0);
	ck_assert_uint_eq(p->nerrors, 0);
	ck_assert_uint_eq(p->allow.n, 0);
	ck_assert_uint_eq(p->deny_clients.n, 0);
}

static void expect_files(const struct conf_route *robots,
    const struct conf_route *odd)
{
	ck_assert_uint_eq(robots->respond.status, 201);
	expect(robots->respond.body, "User-agent: *\nDisallow: /\n");
	expect(robots->respond.type, "text/plain; charset=utf-8");
	ck_assert_int_eq(robots->respond.file[0], '/');
	expect(odd->respond.body, "x");
	expect(odd->respond.type, "image/svg+xml");
}

START_TEST(the_file_of_every_key_is_read_whole)
{
	struct conf *c = load_full(_i);
	const struct conf_site *site = &c->sites[0];

	ck_assert_uint_eq(c->workers_recycle_after, 5000);
	ck_assert_uint_eq(c->listeners[0].min_rate, 10);
	ck_assert_uint_eq(c->listeners[0].timeouts.tunnel, 86400000);
	ck_assert_uint_eq(c->pools[0].max_reuse, 1000);
	expect_logs(c);
	expect_site(&site->policy);
	expect_match(&site->routes[0]);
	/* What a route does not say its site has said. */
	expect_site(&site->routes[0].policy);
	ck_assert_ptr_eq(site->routes[0].policy.request.set,
	    site->policy.request.set);
	expect_route(&site->routes[1].policy, &site->policy);
	expect_named(&site->routes[1].match.headers, "Host", "shop");
	expect_files(&site->routes[2], &site->routes[3]);
	ck_assert_uint_eq(site->routes[9].redirect.to.n, 7);
	conf_free(c);
}
END_TEST

START_TEST(the_smallest_file_has_every_policy)
{
	struct conf *c = load(TOP);
	const struct conf_policy *p = &c->sites[0].routes[0].policy;

	ck_assert_uint_eq(c->workers_recycle_after, 0);
	ck_assert_uint_eq(c->listeners[0].min_rate, 500);
	ck_assert_uint_eq(c->listeners[0].timeouts.tunnel, 600000);
	ck_assert_uint_eq(c->pools[0].max_reuse, 0);
	ck_assert_uint_eq(p->strip_prefix.n + p->add_prefix.n, 0);
	ck_assert_ptr_null(p->rewrite.re.code);
	ck_assert_uint_eq(p->request.nset + p->request.nadd
	    + p->request.remove.n, 0);
	ck_assert_uint_eq(p->response.nset + p->response.nadd
	    + p->response.remove.n, 0);
	ck_assert(p->rewrite_location && p->rewrite_cookies);
	ck_assert(p->websocket && p->buffer_request);
	ck_assert_uint_eq(p->max_body, CONF_OF_LISTENER);
	ck_assert_uint_eq(p->nerrors + p->allow.n + p->deny_clients.n, 0);
	conf_free(c);
}
END_TEST

/* The order of the keys in the file is nobody's business. */
START_TEST(a_route_has_what_its_site_says_below_it)
{
	struct conf *c = load(TOP "sites = { a = {"
	    " routes = ( { path = \"/x\"; pool = \"app\"; websocket = true; },"
	    "  { pool = \"app\"; add_prefix = \"/r\"; } );"
	    " websocket = false; add_prefix = \"/s\"; max_body = \"1k\";"
	    " hosts = \"*\"; }; };");
	const struct conf_route *r = c->sites[0].routes;

	ck_assert(r[0].policy.websocket);
	expect(r[0].policy.add_prefix, "/s");
	ck_assert_uint_eq(r[0].policy.max_body, 1024);
	ck_assert(!r[1].policy.websocket);
	expect(r[1].policy.add_prefix, "/r");
	conf_free(c);
}
END_TEST

START_TEST(a_prefix_has_no_slash_at_its_end)
{
	struct conf *c = load(TOP "sites = { a = { hosts = \"*\"; routes = ("
	    "{ path = \"/a\"; pool = \"app\"; strip_prefix = \"/a/\"; },"
	    "{ path = \"/b\"; pool = \"app\"; add_prefix = \"/b%20c//\"; },"
	    "{ pool = \"app\"; strip_prefix = \"/\"; } ); }; };");
	const struct conf_route *r = c->sites[0].routes;

	expect(r[0].policy.strip_prefix, "/a");
	expect(r[1].policy.add_prefix, "/b%20c");
	ck_assert_uint_eq(r[2].policy.strip_prefix.n, 0);
	conf_free(c);
}
END_TEST

START_TEST(one_group_is_a_list_of_itself)
{
	struct conf *c = load("access_log = { to = \"stderr\"; };" TOP
	    "sites = { a = { hosts = \"*\"; routes = ("
	    "{ not = { path = \"/a\"; }; pool = \"app\"; } ); }; };");

	ck_assert_uint_eq(c->naccess_logs, 1);
	ck_assert_uint_eq(c->sites[0].routes[0].nnots, 1);
	conf_free(c);
	c = load("access_log = false;" TOP);
	ck_assert_uint_eq(c->naccess_logs, 0);
	conf_free(c);
}
END_TEST

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

static void expect_too_many(const char *before, const char *each,
    const char *after, unsigned n, const char *said)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs(before, to);
	for (unsigned i = 0; i < n; i++)
		fprintf(to, each, i);
	fputs(after, to);
	fclose(to);
	expect_refused(text, said);
	free(text);
}

#define ROUTE TOP "sites = { a = { hosts = \"*\"; routes = ( { pool = \"app\";"
#define END "} ); }; };"

START_TEST(what_is_too_much_is_refused)
{
	expect_too_many("access_log = (", "{ to = \"/log/%u\"; },",
	    "{ to = \"stderr\"; } );" TOP, 8, "9 members; 8 are the most");
	expect_too_many(ROUTE "cookies = {", "c%u = \"a\";", "};" END, 65,
	    "65 members; 64 are the most");
	expect_too_many(ROUTE "headers = {", "c%u = \"a\";", "};" END, 65,
	    "65 members; 64 are the most");
	expect_too_many(ROUTE "not = (", "{ path = \"/%u\"; },",
	    "{ path = \"/\"; } );" END, 64, "65 members; 64 are the most");
	expect_too_many(ROUTE "headers = { request = { set = {", "c%u = \"a\";",
	    "}; }; };" END, 65, "65 members; 64 are the most");
	expect_too_many(ROUTE "headers = { request = { add = { A = [",
	    "\"%u\",", "\"\" ]; B = \"\"; }; }; };" END, 63,
	    "65 values; 64 are the most");
	expect_too_many(ROUTE "headers = { response = { set = { A = \"",
	    "{host}%03u", "\"; }; }; };" END, 228,
	    "\"set\" in response of headers of route 1 of site \"a\" has 2052 "
	    "bytes; at most 2048 are right");
}
END_TEST

/* Written into a folder of its own: big.txt has a byte too many or not. */
static void write_bytes(const char *name, size_t n)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < n; i++)
		putc('a', f);
	fclose(f);
}

START_TEST(a_page_has_its_most)
{
	char folder[] = "/tmp/portico-pages-XXXXXX", page[64], text[512];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(page, sizeof page, "%s/big.txt", folder);
	snprintf(text, sizeof text, "%s respond = { file = \"%s\"; }; } );"
	    " }; };", TOP "sites = { a = { hosts = \"*\"; routes = ( {",
	    page);
	write_bytes(page, 204800);
	struct conf *c = load(text);
	ck_assert_uint_eq(c->sites[0].routes[0].respond.body.n, 204800);
	conf_free(c);
	write_bytes(page, 204801);
	expect_refused(text, "which has more than 204800 bytes");
	unlink(page);
	rmdir(folder);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_policy");
	TCase *t = tcase_create("policy");

	/* Tests run in the folder that holds src and t. */
	if (chdir("t/data/conf") != 0) {
		perror("t/data/conf");
		return EXIT_FAILURE;
	}
	tcase_add_loop_test(t, the_file_of_every_key_is_read_whole, 0, 2);
	tcase_add_test(t, the_smallest_file_has_every_policy);
	tcase_add_test(t, a_route_has_what_its_site_says_below_it);
	tcase_add_test(t, a_prefix_has_no_slash_at_its_end);
	tcase_add_test(t, one_group_is_a_list_of_itself);
	tcase_add_test(t, what_is_too_much_is_refused);
	tcase_add_test(t, a_page_has_its_most);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
