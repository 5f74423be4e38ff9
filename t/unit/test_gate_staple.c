/* SPDX-License-Identifier: BSD-2-Clause */
/* Stapling: answers of authorities are shown while they are fresh. */
/* links: gate shm http net conf base */
#include "gatehouse.h"

#include <openssl/ocsp.h>

#include "gate/complain.h"
#include "gate/context.h"

static struct house_cert authority, leaf;
static char *path;

static void setup(void)
{
	house_setup();
	authority = house_make("CA", false, 90, NULL);
	leaf = house_make("a.test", false, 90, &authority);
	path = house_write("a.pem", &leaf, true);
	house_certificate[0][0].cert = path;
	house_listener[0].tls.ncertificates = 1;
	house_certify(1, 0, "b.test", false);
}

/* Fresh for so many seconds. */
static void authority_says(const struct house_cert *of, long seconds)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), of->cert,
	    authority.cert);
	ASN1_TIME *from = X509_gmtime_adj(NULL, -3600);
	ASN1_TIME *until = X509_gmtime_adj(NULL, seconds);
	char name[300];

	ck_assert_ptr_nonnull(OCSP_basic_add1_status(basic, id,
	    V_OCSP_CERTSTATUS_GOOD, 0, NULL, from, until));
	ck_assert_int_eq(OCSP_basic_sign(basic, authority.cert, authority.key,
	    EVP_sha256(), NULL, 0), 1);
	OCSP_RESPONSE *answer = OCSP_response_create(
	    OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	snprintf(name, sizeof name, "%s.ocsp", path);
	BIO *f = BIO_new_file(name, "w");
	ck_assert_int_gt(i2d_OCSP_RESPONSE_bio(f, answer), 0);
	BIO_free(f);
	OCSP_RESPONSE_free(answer);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	OCSP_BASICRESP_free(basic);
}

/* Bytes of the answer that a client is shown; -1: none. */
static long shown(void)
{
	SSL_CTX *ctx = house_client(TLS1_3_VERSION, NULL);
	int client = house_connect(0);
	SSL *ssl = house_ssl(ctx, client, "a.test");
	const unsigned char *answer;
	struct arrival a;

	SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	close(house_receive(&a, 3000));
	long n = SSL_get_tlsext_status_ocsp_resp(ssl, &answer);
	close(client);
	return n;
}

START_TEST(an_answer_is_shown_until_it_is_stale)
{
	authority_says(&leaf, 2);
	house_begin(0);
	ck_assert_int_gt(shown(), 100);
	usleep(2500000);
	ck_assert_int_eq(shown(), -1);
}
END_TEST

static const char *complaint(void)
{
	static char text[2000];
	struct context c;
	FILE *to = fmemopen(text, sizeof text, "w");

	ck_assert(context_open(&c, &house_listener[0], to));
	context_close(&c);
	fclose(to);
	return text;
}

static void cut_to(long n)
{
	ck_assert_int_eq(truncate(house_path("a.pem.ocsp"), n), 0);
}

START_TEST(what_is_of_no_use_is_complained_of)
{
	struct house_cert other = house_make("c.test", false, 90, &authority);

	ASN1_INTEGER_set(X509_get_serialNumber(other.cert), 0x4321);
	ck_assert_str_eq(complaint(), "");
	authority_says(&leaf, 60);
	ck_assert_str_eq(complaint(), "");
	authority_says(&leaf, -60);
	ck_assert_ptr_nonnull(strstr(complaint(), "a.pem.ocsp: is too old"));
	authority_says(&other, 60);
	ck_assert_ptr_nonnull(strstr(complaint(),
	    "is about another certificate"));
	cut_to(60);
	ck_assert_ptr_nonnull(strstr(complaint(),
	    "is no answer of OCSP in DER"));
	cut_to(0);
	ck_assert_ptr_nonnull(strstr(complaint(), "is no answer of OCSP"));
	cut_to(100000);
	ck_assert_ptr_nonnull(strstr(complaint(), "is too long"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate_staple");
	TCase *tc = tcase_create("staple");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, house_teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, an_answer_is_shown_until_it_is_stale);
	tcase_add_test(tc, what_is_of_no_use_is_complained_of);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
