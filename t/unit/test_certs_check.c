/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of all that gates would read, and the facts that it tells. */
/* links: gate shm net conf base */
#include "gate/check.h"

#include "pki.h"
#include "roles.h"

static EVP_PKEY *ec, *other;
static struct conf_certificate entry;
static struct conf_listener listener;
static struct conf_backend backend;
static struct conf_pool pool;
static struct conf conf;
static char *said, *facts;

static void setup(void)
{
	pki_begin();
	ec = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	listener = (struct conf_listener){.name = "https"};
	listener.tls = (struct conf_tls){.on = true, .where = "a.conf:3",
	    .certificates = &entry, .ncertificates = 1,
	    .min_version = 0x0303, .tickets = true};
	pool = (struct conf_pool){.name = "app", .backends = &backend,
	    .nbackends = 1};
	pool.tls.where = "a.conf:9";
	pool.tls.verify = true;
	backend = (struct conf_backend){.name = "app1", .tls = false};
	conf = (struct conf){.listeners = &listener, .nlisteners = 1,
	    .pools = &pool, .npools = 1, .nbackends = 1};
}

static void teardown(void)
{
	free(said);
	free(facts);
	said = facts = NULL;
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other);
	pki_end();
}

static bool check(void)
{
	size_t n, m;

	free(said);
	free(facts);
	FILE *to = open_memstream(&said, &n), *f = open_memstream(&facts, &m);
	bool fine = check_tls(&conf, to, f);
	fclose(to);
	fclose(f);
	return fine;
}

static void expect_bad(const char *line)
{
	ck_assert(!check());
	if (strstr(said, line) != said)
		ck_abort_msg("\"%s\" does not begin: %s", line, said);
}

static void serve(const char *file, const char *names)
{
	pki_put(file, names, ec);
	entry = (struct conf_certificate){pki_path(file), NULL};
}

START_TEST(facts_are_a_line_each)
{
	char *end;

	serve("a.pem", "DNS:a.example,DNS:*.a.example");
	ck_assert(check());
	ck_assert_str_eq(said, "");
	char head[300];
	int n = snprintf(head, sizeof head, "certificate\thttps\t%s\tEC\t",
	    entry.cert);
	ck_assert_int_eq(strncmp(facts, head, (size_t)n), 0);
	ck_assert_int_gt(strtoll(facts + n, &end, 10), time(NULL));
	ck_assert_str_eq(end, "\ta.example *.a.example\n");
}
END_TEST

START_TEST(facts_of_many_names_fit)
{
	char names[40000] = "DNS:n0.example";
	size_t n = strlen(names);

	for (unsigned i = 1; i < 900; i++)
		n += (size_t)snprintf(names + n, sizeof names - n,
		    ",DNS:number-%u.example", i);
	serve("a.pem", names);
	ck_assert(check());
	n = strlen(facts);
	ck_assert_uint_lt(n, FACTS_LINE);
	ck_assert_uint_gt(n, FACTS_LINE - 64);
	ck_assert_ptr_eq(strchr(facts, '\n'), facts + n - 1);
	ck_assert_str_eq(facts + n - 9, ".example\n");
}
END_TEST

START_TEST(errors_name_the_group)
{
	char line[400];

	entry = (struct conf_certificate){pki_path("none.pem"), NULL};
	snprintf(line, sizeof line, "a.conf:3: listeners.https.tls: %s: "
	    "cannot be read: No such file or directory\n", entry.cert);
	expect_bad(line);
	listener.tls.on = false;
	ck_assert(check());
	ck_assert_str_eq(facts, "");
}
END_TEST

START_TEST(pools_are_looked_at)
{
	char line[400];

	serve("a.pem", "DNS:a.example");
	pool.tls.ca = pki_path("ca.pem");
	ck_assert(check());
	backend.tls = true;
	snprintf(line, sizeof line, "a.conf:9: pools.app.tls: %s: cannot be "
	    "read: No such file or directory\n", pool.tls.ca);
	expect_bad(line);
	pki_put_text("ca.pem", "nothing\n");
	snprintf(line, sizeof line, "a.conf:9: pools.app.tls: %s: has no "
	    "certificate", pool.tls.ca);
	expect_bad(line);
	pool.tls.ca = entry.cert;
	ck_assert(check());
	pool.tls.cert = pki_path("own.crt");
	pool.tls.key = pki_path("own.private");
	X509 *cert = pki_make(&(struct pki_cert){.cn = "portico", .key = ec,
	    .usage = "clientAuth"});
	pki_put_cert("own.crt", cert);
	X509_free(cert);
	pki_put_key("own.private", ec, NULL);
	ck_assert(check());
	ck_assert_str_eq(said, "");
	ck_assert_ptr_nonnull(strstr(facts, "certificate\tapp\t"));
	unlink(pool.tls.key);
	pki_put_key("own.private", other, NULL);
	snprintf(line, sizeof line, "a.conf:9: pools.app.tls: %s: the private "
	    "key in %s does not belong to its certificate\n", pool.tls.cert,
	    pool.tls.key);
	expect_bad(line);
}
END_TEST

START_TEST(control_bytes_are_escaped)
{
	entry = (struct conf_certificate){pki_path("a\nb\tc.pem"), NULL};
	ck_assert(!check());
	ck_assert_ptr_nonnull(strstr(said, "/a\\x0ab\\x09c.pem: cannot be"));
	pki_put("a\nb\tc.pem", "DNS:a.example", ec);
	ck_assert(check());
	ck_assert_ptr_nonnull(strstr(facts, "/a?b?c.pem\tEC\t"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("certs_check");
	TCase *tc = tcase_create("certs_check");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, facts_are_a_line_each);
	tcase_add_test(tc, facts_of_many_names_fit);
	tcase_add_test(tc, errors_name_the_group);
	tcase_add_test(tc, pools_are_looked_at);
	tcase_add_test(tc, control_bytes_are_escaped);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
