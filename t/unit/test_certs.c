/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates: which files are read, whose key is whose, who gets which. */
/* links: gate conf base */
#include "gate/certs.h"

#include "pki.h"

static EVP_PKEY *rsa, *ec, *other, *ed;
static struct certificates certs;
static char *said;
static bool fine;

static void setup(void)
{
	pki_begin();
	rsa = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static void teardown(void)
{
	certs_free(&certs);
	free(said);
	said = NULL;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other);
	EVP_PKEY_free(ed);
	pki_end();
}

static void load(const struct conf_certificate *entries, unsigned n)
{
	struct conf_certificate list[4];
	const struct conf_tls tls = {.on = true, .where = "a.conf:7",
	    .certificates = list, .ncertificates = n};
	size_t length;

	certs_free(&certs);
	free(said);
	for (unsigned i = 0; i < n; i++)
		list[i] = entries[i];
	FILE *to = open_memstream(&said, &length);
	fine = certs_load(&tls, &certs, to);
	fclose(to);
}

static void load_one(const char *name)
{
	load(&(struct conf_certificate){pki_path(name), NULL}, 1);
}

static void expect_fine(unsigned n)
{
	ck_assert_str_eq(said, "");
	ck_assert(fine);
	ck_assert_uint_eq(certs.n, n);
}

/* One line, of which this is a part; it is an error, or a warning. */
static void expect(bool error, const char *part)
{
	const char *begin = error ? "a.conf:7: /" : "a.conf:7: warning: /";

	if (strstr(said, part) == NULL)
		ck_abort_msg("\"%s\" is not in: %s", part, said);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
	ck_assert_int_eq(strncmp(said, begin, strlen(begin)), 0);
	ck_assert(fine == !error);
}

static const char *base(unsigned i)
{
	return strrchr(certs.at[i].path, '/') + 1;
}

static const char *first_found(const char *name)
{
	unsigned found[CERTS_KINDS];
	bool matched;

	ck_assert_uint_gt(certs_find(&certs, name, found, &matched), 0);
	return base(found[0]);
}

static X509 *issued(const char *names, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key)
{
	return pki_make(&(struct pki_cert){.cn = names, .names = names,
	    .key = key, .issuer = issuer, .issuer_key = issuer_key});
}

static X509 *authority(const char *cn, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key)
{
	return pki_make(&(struct pki_cert){.cn = cn, .key = key,
	    .issuer = issuer, .issuer_key = issuer_key, .ca = true});
}

START_TEST(one_file_has_both)
{
	pki_put("a.pem", "DNS:Shop.Example,DNS:*.Shop.Example", ec);
	load_one("a.pem");
	expect_fine(1);
	ck_assert_str_eq(base(0), "a.pem");
	ck_assert_uint_eq(certs.at[0].nnames, 2);
	ck_assert_str_eq(certs.at[0].names[0], "shop.example");
	ck_assert_str_eq(certs.at[0].names[1], ".shop.example");
	ck_assert_int_eq(certs.at[0].kind, CERTS_EC);
	ck_assert_int_eq(llabs((long long)(certs.at[0].ends - time(NULL))
	    - 365 * PKI_DAY) < 60, 1);
}
END_TEST

START_TEST(two_files_are_paired)
{
	static const char *const pairs[][2] = {
		{"x.crt", "x.key"},
		{"y.pem", "y.key"},
		{"z.pem", "z.pem.key"},
		{"fullchain.pem", "privkey.pem"},
		{"cert3.pem", "privkey3.pem"},
	};

	for (unsigned i = 0; i < 5; i++) {
		X509 *cert = issued("DNS:a.example", ec, NULL, NULL);
		pki_put_cert(pairs[i][0], cert);
		X509_free(cert);
		pki_put_key(pairs[i][1], ec, NULL);
		load_one(pairs[i][0]);
		expect_fine(1);
		ck_assert_str_eq(base(0), pairs[i][0]);
	}
	pki_put_key("elsewhere", ec, NULL);
	load(&(struct conf_certificate){pki_path("x.crt"),
	    pki_path("elsewhere")}, 1);
	expect_fine(1);
}
END_TEST

/* As certbot leaves it: four files, one certificate. */
static void put_live(const char *folder, const char *names, EVP_PKEY *key)
{
	char path[4][64];
	static const char *const files[] = {"cert.pem", "chain.pem",
		"fullchain.pem", "privkey.pem"};
	X509 *root = authority("root", other, NULL, NULL);
	X509 *leaf = issued(names, key, root, other);

	ck_assert_int_eq(mkdir(pki_path(folder), 0700), 0);
	for (unsigned i = 0; i < 4; i++)
		snprintf(path[i], sizeof path[i], "%s/%s", folder, files[i]);
	pki_put_cert(path[0], leaf);
	pki_put_cert(path[1], root);
	pki_put_cert(path[2], leaf);
	pki_put_cert(path[2], root);
	pki_put_key(path[3], key, NULL);
	X509_free(root);
	X509_free(leaf);
}

START_TEST(the_folder_of_certbot_is_one_certificate)
{
	put_live("a.example", "DNS:a.example", ec);
	load_one("a.example");
	expect_fine(1);
	ck_assert_str_eq(base(0), "fullchain.pem");
	ck_assert_int_eq(sk_X509_num(certs.at[0].chain), 1);
	put_live("b.example", "DNS:b.example", rsa);
	load_one("*");
	expect_fine(2);
	load_one("*/fullchain.pem");
	expect_fine(2);
	ck_assert_str_eq(strstr(certs.at[1].path, "b.example"),
	    "b.example/fullchain.pem");
}
END_TEST

START_TEST(a_folder_is_read_by_name)
{
	pki_put("b.pem", "DNS:b.example", ec);
	pki_put("a.crt", "DNS:a.example", other);
	pki_put("c.txt", "DNS:c.example", rsa);
	pki_put(".d.pem", "DNS:d.example", rsa);
	pki_put_text("README", "nothing\n");
	load_one("");
	expect_fine(2);
	ck_assert_str_eq(base(0), "a.crt");
	ck_assert_str_eq(base(1), "b.pem");
	load_one("*.pem");
	expect_fine(1);
	load_one("[cb]*");
	expect_fine(2);
	pki_put_text("b.pem.ocsp", "\x30\x03\x0a\x01\x01");
	load_one("b*");
	expect_fine(1);
}
END_TEST

START_TEST(keys_of_a_folder_are_matched)
{
	X509 *a = issued("DNS:a.example", ec, NULL, NULL);
	X509 *b = issued("DNS:b.example", other, NULL, NULL);

	pki_put_cert("1.pem", a);
	pki_put_cert("2.pem", b);
	pki_put_key("3.pem", other, NULL);
	pki_put_key("4.pem", ec, NULL);
	load_one("");
	expect_fine(2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(X509_check_private_key(certs.at[i].leaf,
		    certs.at[i].key), 1);
	pki_put_key("5.pem", rsa, NULL);
	load_one("");
	expect(true, "/5.pem: has a private key and no certificate");
	X509_free(a);
	X509_free(b);
}
END_TEST

START_TEST(a_default_may_be_named_first)
{
	struct conf_certificate list[2];

	pki_put("a.pem", "DNS:a.example", ec);
	pki_put("b.pem", "DNS:b.example", other);
	list[0] = (struct conf_certificate){pki_path("b.pem"), NULL};
	list[1] = (struct conf_certificate){pki_path("*.pem"), NULL};
	load(list, 2);
	expect_fine(2);
	ck_assert_str_eq(base(0), "b.pem");
	ck_assert_str_eq(first_found("who.example"), "b.pem");
}
END_TEST

START_TEST(chains_are_put_in_order)
{
	EVP_PKEY *third = EVP_EC_gen("P-256");
	X509 *root = authority("root", other, NULL, NULL);
	X509 *middle = authority("middle", third, root, other);
	X509 *leaf = issued("DNS:a.example", ec, middle, third);
	X509 *foreign = authority("foreign", rsa, NULL, NULL);

	pki_put_cert("a.pem", leaf);
	pki_put_cert("a.pem", middle);
	pki_put_cert("a.pem", root);
	pki_put_key("a.pem", ec, NULL);
	load_one("a.pem");
	expect_fine(1);
	ck_assert_int_eq(sk_X509_num(certs.at[0].chain), 2);
	pki_put_cert("b.pem", root);
	pki_put_cert("b.pem", middle);
	pki_put_cert("b.pem", leaf);
	pki_put_key("b.pem", ec, NULL);
	load_one("b.pem");
	expect(false, "/b.pem: its certificates stand in the wrong order");
	ck_assert_int_eq(X509_cmp(certs.at[0].leaf, leaf), 0);
	ck_assert_int_eq(X509_cmp(sk_X509_value(certs.at[0].chain, 0),
	    middle), 0);
	ck_assert_int_eq(X509_cmp(sk_X509_value(certs.at[0].chain, 1), root),
	    0);
	pki_put_cert("a.pem", foreign);
	load_one("a.pem");
	expect(false, "its certificate number 4 (foreign) is no link");
	ck_assert_int_eq(sk_X509_num(certs.at[0].chain), 2);
	X509_free(root);
	X509_free(middle);
	X509_free(leaf);
	X509_free(foreign);
	EVP_PKEY_free(third);
}
END_TEST

START_TEST(exact_beats_wildcard_beats_first)
{
	unsigned found[CERTS_KINDS];
	bool matched;

	pki_put("1.pem", "DNS:first.example", ec);
	pki_put("2.pem", "DNS:*.shop.example,DNS:shop.example", other);
	pki_put("3.pem", "DNS:www.shop.example", rsa);
	pki_put("4.pem", "DNS:*.shop.example", rsa);
	pki_put("5.pem", "DNS:*.shop.example", ed);
	load_one("");
	expect_fine(5);
	ck_assert_str_eq(first_found("first.example"), "1.pem");
	ck_assert_str_eq(first_found("shop.example"), "2.pem");
	ck_assert_uint_eq(certs_find(&certs, "www.shop.example", found,
	    &matched), 1);
	ck_assert_str_eq(base(found[0]), "3.pem");
	ck_assert(matched);
	ck_assert_uint_eq(certs_find(&certs, "a.shop.example", found,
	    &matched), 3);
	ck_assert_str_eq(base(found[0]), "4.pem");
	ck_assert_str_eq(base(found[1]), "2.pem");
	ck_assert_str_eq(base(found[2]), "5.pem");
	static const char *const none[] = {"a.b.shop.example", ".shop.example",
		"example", "", NULL, "*.shop.example", "first.example."};
	for (unsigned i = 0; i < 7; i++) {
		ck_assert_uint_eq(certs_find(&certs, none[i], found, &matched),
		    i == 5 ? 3 : 1);
		ck_assert(matched == (i == 5));
		ck_assert(i == 5 || found[0] == 0);
	}
}
END_TEST

START_TEST(strangers_get_all_kinds_of_the_first)
{
	unsigned found[CERTS_KINDS];
	bool matched;

	pki_put("1.pem", "DNS:a.example,DNS:www.a.example", ec);
	pki_put("2.pem", "DNS:b.example", ed);
	pki_put("3.pem", "DNS:www.a.example", rsa);
	load_one("");
	expect_fine(3);
	ck_assert_uint_eq(certs_find(&certs, "c.example", found, &matched), 2);
	ck_assert(!matched);
	ck_assert_str_eq(base(found[0]), "1.pem");
	ck_assert_str_eq(base(found[1]), "3.pem");
}
END_TEST

START_TEST(the_first_of_a_name_wins)
{
	pki_put("1.pem", "DNS:a.example", ec);
	pki_put("2.pem", "DNS:a.example,DNS:b.example", other);
	load_one("");
	expect(false, "/2.pem: has the name a.example, as ");
	ck_assert_str_eq(first_found("a.example"), "1.pem");
	ck_assert_str_eq(first_found("b.example"), "2.pem");
}
END_TEST

START_TEST(a_common_name_counts_without_others)
{
	X509 *cert = pki_make(&(struct pki_cert){.cn = "Old.Example",
	    .key = ec});
	X509 *nameless = pki_make(&(struct pki_cert){.cn = "Our Test",
	    .key = ec});
	X509 *address = pki_make(&(struct pki_cert){.cn = "a.example",
	    .names = "IP:127.0.0.1", .key = ec});

	pki_put_cert("a.pem", cert);
	pki_put_key("a.pem", ec, NULL);
	load_one("a.pem");
	expect_fine(1);
	ck_assert_str_eq(certs.at[0].names[0], "old.example");
	pki_put_cert("b.pem", nameless);
	pki_put_key("b.pem", ec, NULL);
	load_one("b.pem");
	expect(false, "/b.pem: its certificate has no DNS name and no");
	pki_put_cert("c.pem", address);
	pki_put_key("c.pem", ec, NULL);
	load_one("c.pem");
	expect_fine(1);
	ck_assert_uint_eq(certs.at[0].nnames, 0);
	X509_free(cert);
	X509_free(nameless);
	X509_free(address);
}
END_TEST

START_TEST(hundreds_are_found_at_once)
{
	struct certificates many = {.n = 0};
	unsigned found[CERTS_KINDS];
	char file[32], names[64];
	bool matched;

	for (unsigned i = 0; i < 300; i++) {
		snprintf(file, sizeof file, "%04u.pem", i);
		snprintf(names, sizeof names, "DNS:n%u.example", 299 - i);
		pki_put(file, names, i % 2 ? ec : other);
	}
	load_one("*.pem");
	expect_fine(300);
	many = certs;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(names, sizeof names, "n%u.example", 299 - i);
		ck_assert_uint_eq(certs_find(&many, names, found, &matched),
		    1);
		ck_assert_uint_eq(found[0], i);
	}
}
END_TEST

static void expect_bad(const char *file, const char *part)
{
	load_one(file);
	expect(true, part);
}

START_TEST(what_cannot_be_used_is_an_error)
{
	X509 *cert = issued("DNS:a.example", ec, NULL, NULL);

	expect_bad("none.pem", "/none.pem: cannot be read: No such file");
	expect_bad("*.none", "/*.none: matches no file");
	expect_bad("", ": is a folder in which there is no *.pem");
	pki_put_text("empty.pem", "");
	expect_bad("empty.pem", "/empty.pem: has no certificate: there ");
	pki_put_cert("lone.pem", cert);
	expect_bad("lone.pem", "/lone.pem: has no private key: it should ");
	pki_put_cert("wrong.pem", cert);
	pki_put_key("wrong.pem", other, NULL);
	expect_bad("wrong.pem", "/wrong.pem: the private key in it does not");
	pki_put_cert("wrong.crt", cert);
	pki_put_key("wrong.key", other, NULL);
	expect_bad("wrong.crt", "/wrong.key does not belong to its");
	pki_put_cert("locked.pem", cert);
	pki_put_key("locked.pem", ec, "secret");
	expect_bad("locked.pem", "/locked.pem: its private key is encrypted");
	pki_put_key("key.pem", ec, NULL);
	expect_bad("key.pem", "/key.pem: has a private key and no certifi");
	ck_assert_int_eq(mkfifo(pki_path("pipe.pem"), 0600), 0);
	expect_bad("pipe.pem", "/pipe.pem: cannot be read: it is no file");
	load(&(struct conf_certificate){pki_path("lone.pem"),
	    pki_path("none.key")}, 1);
	expect(true, "/none.key: cannot be read: No such file");
	X509_free(cert);
}
END_TEST

static void put_damaged(const char *name, size_t cut)
{
	char text[8192];
	FILE *f = fopen(pki_path("whole.pem"), "r");
	size_t n = fread(text, 1, sizeof text, f);

	fclose(f);
	ck_assert_uint_gt(n, cut);
	text[n - cut] = '\0';
	unlink(pki_path(name));
	pki_put_text(name, text);
}

/* A file that is being written ends at any byte. */
START_TEST(half_a_file_is_an_error)
{
	struct stat st;
	X509 *cert = issued("DNS:a.example", ec, NULL, NULL);

	pki_put_cert("whole.pem", cert);
	X509_free(cert);
	pki_put_key("whole.pem", ec, NULL);
	ck_assert_int_eq(stat(pki_path("whole.pem"), &st), 0);
	for (size_t cut = 2; cut < (size_t)st.st_size; cut++) {
		put_damaged("half.pem", cut);
		load_one("half.pem");
		ck_assert_msg(!fine, "%zu bytes less are taken", cut);
		ck_assert_uint_eq(certs.n, 0);
	}
	put_damaged("half.pem", 1);
	load_one("half.pem");
	expect_fine(1);
}
END_TEST

START_TEST(weak_keys_are_errors)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	EVP_PKEY *odd = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	X509 *ca = authority("root", other, NULL, NULL);
	X509 *sha1 = pki_make(&(struct pki_cert){.cn = "a.example", .key = ec,
	    .issuer = ca, .issuer_key = other, .digest = EVP_sha1()});

	pki_put("weak.pem", "DNS:a.example", weak);
	expect_bad("weak.pem", "/weak.pem: has an RSA key of 1024 bits");
	pki_put_cert("sha1.pem", sha1);
	pki_put_key("sha1.pem", ec, NULL);
	expect_bad("sha1.pem", "of a.example in it is signed with SHA1");
	pki_put("odd.pem", "DNS:a.example", odd);
	expect_bad("odd.pem", "/odd.pem: has a key of the kind ED448: it ");
	EVP_PKEY_free(weak);
	EVP_PKEY_free(odd);
	X509_free(ca);
	X509_free(sha1);
}
END_TEST

static void expect_odd(const struct pki_cert *of, const char *part)
{
	X509 *cert = pki_make(of);

	unlink(pki_path("odd.pem"));
	pki_put_cert("odd.pem", cert);
	pki_put_key("odd.pem", ec, NULL);
	X509_free(cert);
	load_one("odd.pem");
	expect(false, part);
	ck_assert_uint_eq(certs.n, 1);
}

START_TEST(what_is_odd_is_a_warning)
{
	X509 *ca = authority("root", other, NULL, NULL);
	struct pki_cert of = {.cn = "a", .names = "DNS:a.example", .key = ec};

	of.ends = 20 * PKI_DAY + 60;
	expect_odd(&of, "/odd.pem: its certificate ends on 20");
	ck_assert_ptr_nonnull(strstr(said, ", in 20 days\n"));
	of.begins = -2 * PKI_DAY;
	of.ends = -PKI_DAY;
	expect_odd(&of, "/odd.pem: its certificate ended on 20");
	of.begins = PKI_DAY;
	of.ends = 90 * PKI_DAY;
	expect_odd(&of, "/odd.pem: its certificate is not valid yet");
	of.begins = of.ends = 0;
	of.usage = "clientAuth";
	expect_odd(&of, "/odd.pem: its certificate is not for servers");
	of.usage = NULL;
	of.names = "DNS:a.example,DNS:w*.example";
	expect_odd(&of, "/odd.pem: has \"w*.example\" for a name");
	of.names = "DNS:a.example";
	of.issuer = ca;
	of.issuer_key = other;
	of.access = "caIssuers;URI:http://ca.example/ca.crt";
	expect_odd(&of, "/odd.pem: the certificate of its issuer is missing");
	X509_free(ca);
}
END_TEST

START_TEST(keys_for_all_to_read_are_odd)
{
	pki_put("open.pem", "DNS:a.example", ec);
	ck_assert_int_eq(chmod(pki_path("open.pem"), 0640), 0);
	load_one("open.pem");
	expect_fine(1);
	ck_assert_int_eq(chmod(pki_path("open.pem"), 0644), 0);
	load_one("open.pem");
	expect(false, "/open.pem: has a private key, and every user");
}
END_TEST

START_TEST(parameters_in_a_folder_are_passed_over)
{
	pki_put("a.pem", "DNS:a.example", ec);
	pki_put_text("dh.pem", "-----BEGIN DH PARAMETERS-----\nMAYCAQcCAQI="
	    "\n-----END DH PARAMETERS-----\n");
	load_one("");
	expect(false, "/dh.pem: has neither a certificate nor a key");
	ck_assert_uint_eq(certs.n, 1);
}
END_TEST

START_TEST(what_is_too_much_is_an_error)
{
	X509 *cert = issued("DNS:a.example", ec, NULL, NULL);

	for (unsigned i = 0; i < 22; i++)
		pki_put_cert("many.pem", cert);
	pki_put_key("many.pem", ec, NULL);
	expect_bad("many.pem", "/many.pem: has more than 21 certificates");
	X509_free(cert);
	pki_put("large.pem", "DNS:a.example", ec);
	ck_assert_int_eq(truncate(pki_path("large.pem"), (1 << 20) + 1), 0);
	expect_bad("large.pem", "/large.pem: has more than 1 MB");
}
END_TEST

static TCase *reading(void)
{
	TCase *tc = tcase_create("reading");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_file_has_both);
	tcase_add_test(tc, two_files_are_paired);
	tcase_add_test(tc, the_folder_of_certbot_is_one_certificate);
	tcase_add_test(tc, a_folder_is_read_by_name);
	tcase_add_test(tc, keys_of_a_folder_are_matched);
	tcase_add_test(tc, a_default_may_be_named_first);
	tcase_add_test(tc, chains_are_put_in_order);
	tcase_add_test(tc, exact_beats_wildcard_beats_first);
	tcase_add_test(tc, strangers_get_all_kinds_of_the_first);
	tcase_add_test(tc, the_first_of_a_name_wins);
	tcase_add_test(tc, a_common_name_counts_without_others);
	tcase_add_test(tc, hundreds_are_found_at_once);
	return tc;
}

static TCase *judging(void)
{
	TCase *tc = tcase_create("judging");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_cannot_be_used_is_an_error);
	tcase_add_test(tc, half_a_file_is_an_error);
	tcase_add_test(tc, weak_keys_are_errors);
	tcase_add_test(tc, what_is_odd_is_a_warning);
	tcase_add_test(tc, keys_for_all_to_read_are_odd);
	tcase_add_test(tc, parameters_in_a_folder_are_passed_over);
	tcase_add_test(tc, what_is_too_much_is_an_error);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("certs");

	suite_add_tcase(s, reading());
	suite_add_tcase(s, judging());
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
