/* SPDX-License-Identifier: BSD-2-Clause */
/* portico --self-signed: what it makes, what it leaves as it is. */
/* links: gate conf base */
#include "gate/selfsigned.h"

#include "gate/certs.h"
#include "pki.h"
#include "roles.h"

static char *out, *err;

static void setup(void)
{
	pki_begin();
}

static void forget(void)
{
	free(out);
	free(err);
	out = err = NULL;
}

static void teardown(void)
{
	forget();
	pki_end();
}

static int make(const char *folder, const char *const *names)
{
	size_t n, m;

	forget();
	FILE *to = open_memstream(&out, &n), *wrong = open_memstream(&err, &m);
	int code = selfsigned_make(pki_path(folder), names, to, wrong);
	fclose(to);
	fclose(wrong);
	return code;
}

static const char *const shop[] = {"shop.example", "*.shop.example",
	"10.0.0.1", "fd00::1", NULL};

static X509 *made(const char *file)
{
	FILE *f = fopen(pki_path(file), "r");

	ck_assert_ptr_nonnull(f);
	X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(cert);
	fclose(f);
	return cert;
}

static void expect_part(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		ck_abort_msg("\"%s\" is not in: %s", part, text);
}

START_TEST(it_can_be_served)
{
	struct conf_certificate list;
	const struct conf_tls tls = {.on = true, .where = "a.conf:1",
	    .certificates = &list, .ncertificates = 1};
	struct certificates certs;
	struct stat st;

	ck_assert_int_eq(make("new", shop), EXIT_FINE);
	ck_assert_str_eq(err, "");
	ck_assert_int_eq(stat(pki_path("new"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(pki_path("new/portico.pem"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	list = (struct conf_certificate){pki_path("new"), NULL};
	ck_assert(certs_load(&tls, &certs, stderr));
	ck_assert_uint_eq(certs.n, 1);
	ck_assert_int_eq(certs.at[0].kind, CERTS_EC);
	ck_assert_uint_eq(certs.at[0].nnames, 2);
	ck_assert_str_eq(certs.at[0].names[1], ".shop.example");
	ck_assert_int_eq(certs.at[0].ends - time(NULL) <= 397 * PKI_DAY, 1);
	ck_assert_int_eq(certs.at[0].ends - time(NULL) > 396 * PKI_DAY, 1);
	ck_assert_int_eq(X509_check_ip_asc(certs.at[0].leaf, "10.0.0.1", 0),
	    1);
	ck_assert_int_eq(X509_check_ip_asc(certs.at[0].leaf, "fd00::1", 0),
	    1);
	certs_free(&certs);
	char part[300];
	snprintf(part, sizeof part, "tls = \"%s\"; };",
	    pki_path("new/portico.pem"));
	expect_part(out, part);
	expect_part(out, "SHA-256 fingerprint: ");
	expect_part(out, "https://shop.example/");
}
END_TEST

/* A client that has the file for its authorities believes it. */
START_TEST(who_is_given_it_trusts_it)
{
	ck_assert_int_eq(make("new", NULL), EXIT_FINE);
	X509 *cert = made("new/portico.pem");
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	X509_STORE_add_cert(store, cert);
	X509_STORE_CTX_init(ctx, store, cert, NULL);
	X509_STORE_CTX_set_default(ctx, "ssl_server");
	ck_assert_int_eq(X509_verify_cert(ctx), 1);
	ck_assert_int_eq(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
	ck_assert_int_eq(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(cert, "::1", 0), 1);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(cert);
}
END_TEST

START_TEST(what_is_there_stays)
{
	static const char *const others[] = {"other.example", NULL};

	ck_assert_int_eq(make("new", shop), EXIT_FINE);
	X509 *first = made("new/portico.pem");
	ck_assert_int_eq(make("new", shop), EXIT_FINE);
	expect_part(out, "/new/portico.pem is there, and stays");
	ck_assert_int_eq(make("new", others), EXIT_FAILED);
	expect_part(err, "is not one that portico has made for these names");
	X509 *last = made("new/portico.pem");
	ck_assert_int_eq(X509_cmp(first, last), 0);
	X509_free(first);
	X509_free(last);
}
END_TEST

START_TEST(what_others_put_there_stays)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = pki_make(&(struct pki_cert){.cn = "shop.example",
	    .names = "DNS:shop.example", .key = key, .begins = -2 * PKI_DAY,
	    .ends = -PKI_DAY});
	static const char *const names[] = {"shop.example", NULL};

	pki_put_cert("portico.pem", cert);
	pki_put_key("portico.pem", key, NULL);
	ck_assert_int_eq(make("", names), EXIT_FAILED);
	ck_assert_int_eq(unlink(pki_path("portico.pem")), 0);
	ck_assert_int_eq(symlink("nowhere", pki_path("portico.pem")), 0);
	ck_assert_int_eq(make("", names), EXIT_FAILED);
	ck_assert_int_ne(access(pki_path("nowhere"), F_OK), 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}
END_TEST

/* Ours, made old: signed anew by its own key. */
static void age(const char *file)
{
	FILE *f = fopen(pki_path(file), "r");
	X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);

	fclose(f);
	X509_gmtime_adj(X509_getm_notBefore(cert), -2 * PKI_DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), -PKI_DAY);
	X509_sign(cert, key, EVP_sha256());
	ck_assert_int_eq(unlink(pki_path(file)), 0);
	pki_put_cert(file, cert);
	pki_put_key(file, key, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
}

START_TEST(one_that_has_ended_is_made_anew)
{
	ck_assert_int_eq(make("new", shop), EXIT_FINE);
	age("new/portico.pem");
	ck_assert_int_eq(make("new", shop), EXIT_FINE);
	expect_part(out, "/new/portico.pem had ended, and is new");
	X509 *cert = made("new/portico.pem");
	ck_assert_int_gt(X509_cmp_current_time(X509_get0_notAfter(cert)), 0);
	X509_free(cert);
}
END_TEST

START_TEST(wrong_names_are_refused)
{
	static const char *const wrong[] = {"a b", "", "a.example,DNS:b",
		"1.2.3.4/8", ".a", "a.", "*", "a\nb"};

	for (unsigned i = 0; i < 8; i++) {
		const char *const names[] = {"a.example", wrong[i], NULL};
		ck_assert_int_eq(make("new", names), EXIT_USAGE);
		expect_part(err, "is neither a name of a host nor an");
	}
	ck_assert_int_ne(access(pki_path("new"), F_OK), 0);
	ck_assert_int_eq(make("no/new", shop), EXIT_FAILED);
	expect_part(err, "/no/new cannot be made: No such file or directory");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("selfsigned");
	TCase *tc = tcase_create("selfsigned");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_can_be_served);
	tcase_add_test(tc, who_is_given_it_trusts_it);
	tcase_add_test(tc, what_is_there_stays);
	tcase_add_test(tc, what_others_put_there_stays);
	tcase_add_test(tc, one_that_has_ended_is_made_anew);
	tcase_add_test(tc, wrong_names_are_refused);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
