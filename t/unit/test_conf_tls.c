/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS, redirects to https, the PROXY protocol: what their keys become. */
/* links: conf base */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conf/load.h"

#define POOL "pools = { app = { backends = \"127.0.0.1:3000\"; }; };\n"
#define LISTENER "listeners = { http = { address = \"*:8080\"; }; };\n"
#define SITE "sites = { s = { hosts = \"*\"; routes = { deny = 403; }; }; };\n"

static char *said;

static struct conf *load_with(const char *text,
    const struct conf_changes *changes)
{
	struct conf_options options = {.changes = changes};
	size_t n;

	free(said);
	FILE *to = open_memstream(&said, &n);
	struct conf *conf = load_from_text("/etc/p/test.conf", text,
	    strlen(text), &options, to);
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

START_TEST(files_alone_are_all_that_tls_needs)
{
	static const char *const same[] = {"\"tls/*.pem\"",
	    "[ \"tls/*.pem\" ]", "{ certificates = \"tls/*.pem\"; }",
	    "{ certificates = ( { cert = \"tls/*.pem\"; } ); }"};
	char text[512];

	snprintf(text, sizeof text, "\n\nlisteners = { a = { address = \"*\"; "
	    "tls = %s; }; };" POOL, same[_i]);
	struct conf *c = load(text);
	const struct conf_tls *tls = &c->listeners[0].tls;
	ck_assert(tls->on);
	ck_assert_str_eq(tls->where, "/etc/p/test.conf:3");
	ck_assert_uint_eq(tls->ncertificates, 1);
	ck_assert_str_eq(tls->certificates[0].cert, "/etc/p/tls/*.pem");
	ck_assert_ptr_null(tls->certificates[0].key);
	ck_assert_uint_eq(tls->min_version, 0x0303);
	ck_assert_ptr_null(tls->ciphers);
	ck_assert_ptr_null(tls->groups);
	ck_assert_ptr_null(tls->client_ca);
	ck_assert_int_eq(tls->verify_client, VERIFY_NONE);
	ck_assert(tls->tickets);
	ck_assert(!tls->strict_sni);
	ck_assert_uint_eq(tls->hsts, 0);
	ck_assert_uint_eq(addr_port(&c->listeners[0].addresses[0]), 443);
	ck_assert_uint_eq(c->gates, 0);
	ck_assert(conf_has_gates(c));
	conf_free(c);
}
END_TEST

START_TEST(each_key_of_tls_is_kept)
{
	struct conf *c = load("gates = 5; listeners = { a = { address = "
	    "[ \"*\", \"[::1]:1\" ]; tls = { min_version = \"1.3\";"
	    "certificates = ( { cert = \"a\"; key = \"/k\"; }, \"b\" );"
	    "ciphers = [ \"A:B-1\", \"c_2\" ]; groups = \"X:y\";"
	    "client_ca = \"ca\"; verify_client = \"optional\";"
	    "tickets = false; strict_sni = true; hsts = \"1d\"; }; }; };"
	    POOL);
	const struct conf_tls *tls = &c->listeners[0].tls;

	ck_assert_uint_eq(c->gates, 5);
	ck_assert_uint_eq(tls->ncertificates, 2);
	ck_assert_str_eq(tls->certificates[0].cert, "/etc/p/a");
	ck_assert_str_eq(tls->certificates[0].key, "/k");
	ck_assert_str_eq(tls->certificates[1].cert, "/etc/p/b");
	ck_assert_uint_eq(tls->min_version, 0x0304);
	ck_assert_str_eq(tls->ciphers, "A:B-1:c_2");
	ck_assert_str_eq(tls->groups, "X:y");
	ck_assert_str_eq(tls->client_ca, "/etc/p/ca");
	ck_assert_int_eq(tls->verify_client, VERIFY_OPTIONAL);
	ck_assert(!tls->tickets);
	ck_assert(tls->strict_sni);
	ck_assert_uint_eq(tls->hsts, 86400000);
	ck_assert_uint_eq(addr_port(&c->listeners[0].addresses[1]), 1);
	conf_free(c);
}
END_TEST

START_TEST(without_tls_nothing_is_different)
{
	struct conf *c = load("listeners = { a = { address = \"*\";"
	    "tls = false; }; };" POOL);
	const struct conf_listener *l = &c->listeners[0];

	ck_assert(!l->tls.on);
	ck_assert_uint_eq(addr_port(&l->addresses[0]), 80);
	ck_assert(!l->redirect_https);
	ck_assert(!l->proxy_protocol);
	ck_assert(!c->pools[0].tls.on);
	ck_assert(!c->pools[0].backends[0].tls);
	ck_assert_uint_eq(c->pools[0].proxy_protocol, 0);
	ck_assert(!conf_has_gates(c));
	conf_free(c);
}
END_TEST

START_TEST(a_peer_that_must_send_a_proxy_header_is_known)
{
	struct conf *c = load("listeners = {"
	    "a = { address = \"*:1\"; proxy_protocol = true; };"
	    "b = { address = \"*:2\"; proxy_protocol = \"10.0.0.0/8\"; };"
	    "c = { address = \"*:3\"; proxy_protocol = false; }; };" POOL);

	ck_assert(c->listeners[0].proxy_protocol);
	ck_assert_uint_eq(c->listeners[0].proxy_peers.n, 0);
	ck_assert(c->listeners[1].proxy_protocol);
	ck_assert_uint_eq(c->listeners[1].proxy_peers.n, 1);
	ck_assert(!c->listeners[2].proxy_protocol);
	conf_free(c);
}
END_TEST

static void expect_backend(const struct conf_backend *b, bool tls,
    const char *name, const char *host)
{
	ck_assert_msg(b->tls == tls, "%s", name);
	ck_assert_str_eq(b->name, name);
	ck_assert_msg(slice_eq(b->host, slice_str(host)), "%.*s, not %s",
	    SLICE_FMT(b->host), host);
}

START_TEST(backends_have_https_each_for_itself)
{
	struct conf *c = load(LISTENER "pools = { app = { backends = ("
	    "\"https://10.0.0.1\", \"https://App.internal\","
	    "{ address = \"https://[::1]:81\"; name = \"x\"; },"
	    "\"10.0.0.1\" ); }; };");
	const struct conf_backend *b = c->pools[0].backends;

	ck_assert(!c->pools[0].tls.on);
	ck_assert(c->pools[0].tls.verify);
	ck_assert_str_eq(c->pools[0].tls.where, "/etc/p/test.conf:2");
	expect_backend(&b[0], true, "10.0.0.1:443", "10.0.0.1");
	ck_assert_uint_eq(addr_port(&b[0].address), 443);
	expect_backend(&b[1], true, "app.internal:443", "app.internal");
	ck_assert_uint_eq(b[1].port, 443);
	ck_assert_str_eq(b[1].lookup.p, "app.internal");
	ck_assert(b[2].tls); /* a member of the same name */
	expect_backend(&b[9], true, "x", "[::1]:81");
	expect_backend(&b[10], false, "10.0.0.1:80", "10.0.0.1");
	ck_assert(conf_has_gates(c));
	conf_free(c);
}
END_TEST

START_TEST(or_all_of_a_pool_have_it)
{
	struct conf *c = load(LISTENER "pools = { app = { backends = ["
	    "\"10.0.0.1\", \"https://10.0.0.1:80\","
	    "\"srv:_https._tcp.app.internal\" ]; proxy_protocol = 2;\n"
	    "tls = { ca = \"ca\"; name = \"App.internal\"; cert = \"/c\";"
	    "key = \"k\"; }; };"
	    "b = { backends = \"b.internal:444\"; tls = true; };"
	    "c = { backends = \"10.0.0.1\"; tls = { verify = false; }; }; };"
	    SITE);
	const struct conf_pool_tls *tls = &c->pools[0].tls;
	const struct conf_backend *b = c->pools[0].backends;

	ck_assert(tls->on && tls->verify);
	ck_assert_str_eq(tls->where, "/etc/p/test.conf:3");
	ck_assert_str_eq(tls->ca, "/etc/p/ca");
	ck_assert_str_eq(tls->cert, "/c");
	ck_assert_str_eq(tls->key, "/etc/p/k");
	ck_assert(slice_eq(tls->name, SLICE("app.internal")));
	ck_assert_uint_eq(c->pools[0].proxy_protocol, 2);
	expect_backend(&b[0], true, "10.0.0.1:443", "10.0.0.1");
	expect_backend(&b[1], true, "10.0.0.1:80", "10.0.0.1:80");
	expect_backend(&b[2], true, "srv:_https._tcp.app.internal",
	    "app.internal");
	ck_assert(c->pools[1].tls.on && c->pools[1].tls.verify);
	ck_assert_uint_eq(c->pools[1].tls.name.n, 0);
	expect_backend(c->pools[1].backends, true, "b.internal:444",
	    "b.internal:444");
	ck_assert(c->pools[2].tls.on && !c->pools[2].tls.verify);
	conf_free(c);
}
END_TEST

START_TEST(what_is_added_at_run_time_may_be_https)
{
	static const struct conf_change list[] = {
		{CHANGE_ADD, "a", "x", "https://10.0.0.2", 1, 0, false},
		{CHANGE_ADD, "b", "y", "10.0.0.2", 1, 0, false},
		{CHANGE_ADD, "a", "z", "10.0.0.2", 1, 0, false},
		{CHANGE_ADD, "b", "u", "unix:/x", 1, 0, false}};
	const struct conf_changes changes = {.at = list, .n = 4};
	struct conf *c = load_with(LISTENER "pools = {"
	    "a = { backends = \"10.0.0.1\"; };"
	    "b = { backends = \"10.0.0.1\"; tls = true; }; };" SITE, &changes);

	ck_assert_msg(c != NULL, "%s", said);
	ck_assert_ptr_nonnull(strstr(said, "b/u: "));
	const struct conf_backend *x = conf_find_backend(&c->pools[0], "x");
	const struct conf_backend *y = conf_find_backend(&c->pools[1], "y");
	const struct conf_backend *z = conf_find_backend(&c->pools[0], "z");
	ck_assert_ptr_null(conf_find_backend(&c->pools[1], "u"));
	expect_backend(x, true, "x", "10.0.0.2");
	ck_assert_uint_eq(addr_port(&x->address), 443);
	expect_backend(y, true, "y", "10.0.0.2");
	ck_assert_uint_eq(addr_port(&y->address), 443);
	expect_backend(z, false, "z", "10.0.0.2");
	ck_assert_uint_eq(addr_port(&z->address), 80);
	conf_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_tls");
	TCase *t = tcase_create("tls");

	tcase_add_loop_test(t, files_alone_are_all_that_tls_needs, 0, 4);
	tcase_add_test(t, each_key_of_tls_is_kept);
	tcase_add_test(t, without_tls_nothing_is_different);
	tcase_add_test(t, a_peer_that_must_send_a_proxy_header_is_known);
	tcase_add_test(t, backends_have_https_each_for_itself);
	tcase_add_test(t, or_all_of_a_pool_have_it);
	tcase_add_test(t, what_is_added_at_run_time_may_be_https);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
