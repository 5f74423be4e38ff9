/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and keys for tests: made as they are wanted, into a folder. */
#ifndef PKI_H
#define PKI_H

#include <check.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PKI_DAY (24 * 3600)

struct pki_cert {
	const char *cn;
	const char *names;     /* "DNS:a.example,IP:127.0.0.1"; NULL: none */
	EVP_PKEY *key;         /* of the subject */
	X509 *issuer;          /* NULL: signed by itself */
	EVP_PKEY *issuer_key;
	bool ca;
	const char *usage;     /* extendedKeyUsage */
	const char *access;    /* authorityInfoAccess */
	const EVP_MD *digest;  /* NULL: SHA-256 */
	long begins, ends;     /* seconds from now; both 0: a year from now */
};

static char pki_folder[64];
static long pki_serial;

static inline void pki_begin(void)
{
	strcpy(pki_folder, "/tmp/portico-pki-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(pki_folder));
}

static inline void pki_end(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", pki_folder);
	ck_assert_int_eq(system(command), 0);
}

/* Of eight paths at a time. */
static inline const char *pki_path(const char *name)
{
	static char path[8][256];
	static unsigned n;
	char *to = path[n++ % 8];

	snprintf(to, sizeof path[0], "%s/%s", pki_folder, name);
	return to;
}

static inline void pki_extend(X509 *cert, X509 *issuer, int nid,
    const char *value)
{
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

static inline X509 *pki_make(const struct pki_cert *of)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509 *issuer = of->issuer ? of->issuer : cert;
	EVP_PKEY *signer = of->issuer ? of->issuer_key : of->key;
	bool plain = EVP_PKEY_is_a(signer, "ED25519")
	    || EVP_PKEY_is_a(signer, "ED448");

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++pki_serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), of->begins);
	X509_gmtime_adj(X509_getm_notAfter(cert), of->ends || of->begins
	    ? of->ends : 365 * PKI_DAY);
	if (of->cn)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)of->cn, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	X509_set_pubkey(cert, of->key);
	pki_extend(cert, issuer, NID_basic_constraints, of->ca
	    ? "critical,CA:TRUE" : "critical,CA:FALSE");
	pki_extend(cert, issuer, NID_subject_alt_name, of->names);
	pki_extend(cert, issuer, NID_ext_key_usage, of->usage);
	pki_extend(cert, issuer, NID_info_access, of->access);
	ck_assert_int_gt(X509_sign(cert, signer, plain ? NULL
	    : of->digest ? of->digest : EVP_sha256()), 0);
	return cert;
}

static inline FILE *pki_open(const char *name, const char *how)
{
	FILE *f = fopen(pki_path(name), how);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	return f;
}

/* Behind what is in the file. */
static inline void pki_put_cert(const char *name, X509 *cert)
{
	FILE *f = pki_open(name, "a");

	ck_assert_int_eq(PEM_write_X509(f, cert), 1);
	fclose(f);
}

/* passphrase: NULL: none. */
static inline void pki_put_key(const char *name, EVP_PKEY *key,
    const char *passphrase)
{
	FILE *f = pki_open(name, "a");

	ck_assert_int_eq(PEM_write_PKCS8PrivateKey(f, key, passphrase
	    ? EVP_aes_128_cbc() : NULL, passphrase, passphrase
	    ? (int)strlen(passphrase) : 0, NULL, NULL), 1);
	fclose(f);
}

static inline void pki_put_text(const char *name, const char *text)
{
	FILE *f = pki_open(name, "a");

	fputs(text, f);
	fclose(f);
}

/* A certificate of these names, signed by itself, and its key: a file. */
static inline void pki_put(const char *file, const char *names, EVP_PKEY *key)
{
	X509 *cert = pki_make(&(struct pki_cert){.cn = "test", .names = names,
	    .key = key});

	pki_put_cert(file, cert);
	pki_put_key(file, key, NULL);
	X509_free(cert);
}

#endif
