/* SPDX-License-Identifier: BSD-2-Clause */
/* A certificate for first steps and tests, signed by itself. */
#include "gate/selfsigned.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"
#include "gate/pem.h"
#include "roles.h"

#define DAYS 397 /* more is refused by some clients */
#define DAY (24 * 3600)
#define NAMES_MOST 32u
#define NAME_MOST 253u
#define TEXT (NAMES_MOST * (NAME_MOST + 8)) /* of all names */

/* By this a certificate is known for one of ours. */
static const char organization[] = "Self-signed, for tests";

struct selfsigned {
	char folder[4096], path[4200];
	const char *names[NAMES_MOST + 1];
	unsigned nnames;
	char machine[NAME_MOST + 1];
	char alternative[TEXT]; /* "DNS:a.example,IP:127.0.0.1" */
	FILE *out, *err;
};

static bool is_address(const char *name)
{
	struct in6_addr a;

	return inet_pton(AF_INET, name, &a) == 1
	    || inet_pton(AF_INET6, name, &a) == 1;
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);
	const char *p = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

	if (*p == '\0' || n > NAME_MOST || *p == '.' || name[n - 1] == '.')
		return false;
	return p[strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
	    "YZ0123456789-_.")] == '\0';
}

static void usual_names(struct selfsigned *s)
{
	s->names[s->nnames++] = "localhost";
	if (gethostname(s->machine, sizeof s->machine - 1) == 0
	    && is_name(s->machine) && strcmp(s->machine, "localhost") != 0)
		s->names[s->nnames++] = s->machine;
	s->names[s->nnames++] = "127.0.0.1";
	s->names[s->nnames++] = "::1";
}

static bool take_names(struct selfsigned *s, const char *const *names)
{
	size_t used = 0;

	for (; names && *names && s->nnames < NAMES_MOST; names++)
		s->names[s->nnames++] = *names;
	if (names && *names) {
		fprintf(s->err, "portico: more than %u names\n", NAMES_MOST);
		return false;
	}
	if (s->nnames == 0)
		usual_names(s);
	for (unsigned i = 0; i < s->nnames; i++) {
		const char *name = s->names[i];
		bool address = is_address(name);
		if (!address && !is_name(name)) {
			fprintf(s->err, "portico: \"%s\" is neither a name "
			    "of a host nor an address\n", name);
			return false;
		}
		used += (size_t)snprintf(s->alternative + used, TEXT - used,
		    "%s%s:%s", i ? "," : "", address ? "IP" : "DNS", name);
	}
	return true;
}

static bool extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool fine = e && X509_add_ext(cert, e, -1) == 1;
	X509_EXTENSION_free(e);
	return fine;
}

static bool set_serial(X509 *cert)
{
	unsigned char bytes[16];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and of one length */
	BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool fine = number && BN_to_ASN1_INTEGER(number,
	    X509_get_serialNumber(cert));
	BN_free(number);
	return fine;
}

static bool set_subject(X509 *cert, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	const unsigned char *o = (const unsigned char *)organization;
	const unsigned char *cn = (const unsigned char *)name;

	/* A common name has 64 characters at most (RFC 5280, A.1). */
	bool fine = X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, o,
	    -1, -1, 0) == 1;
	if (strlen(name) <= 64)
		fine = fine && X509_NAME_add_entry_by_txt(subject, "CN",
		    MBSTRING_ASC, cn, -1, -1, 0) == 1;
	return fine && X509_set_issuer_name(cert, subject) == 1;
}

/* NULL if OpenSSL cannot. */
static X509 *make_cert(const struct selfsigned *s, EVP_PKEY *key)
{
	X509 *cert = X509_new();

	if (cert == NULL || key == NULL)
		return cert;
	/* An hour ago: not all clocks are right. */
	bool fine = X509_set_version(cert, 2) == 1 && set_serial(cert)
	    && X509_gmtime_adj(X509_getm_notBefore(cert), -3600)
	    && X509_gmtime_adj(X509_getm_notAfter(cert), DAYS * DAY - 3600)
	    && set_subject(cert, s->names[0])
	    && X509_set_pubkey(cert, key) == 1
	    && extend(cert, NID_basic_constraints, "critical,CA:FALSE")
	    && extend(cert, NID_key_usage, "critical,digitalSignature")
	    && extend(cert, NID_ext_key_usage, "serverAuth")
	    && extend(cert, NID_subject_key_identifier, "hash")
	    && extend(cert, NID_subject_alt_name, s->alternative)
	    && X509_sign(cert, key, EVP_sha256()) > 0;
	if (!fine) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

static bool make_folder(struct selfsigned *s, const char *folder)
{
	char *real;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST) {
		fprintf(s->err, "portico: %s cannot be made: %s\n", folder,
		    strerror(errno));
		return false;
	}
	real = realpath(folder, NULL);
	if (real == NULL || strlen(real) >= sizeof s->folder) {
		fprintf(s->err, "portico: %s cannot be used: %s\n", folder,
		    real ? "its name is too long" : strerror(errno));
		free(real);
		return false;
	}
	strcpy(s->folder, real);
	snprintf(s->path, sizeof s->path, "%s/portico.pem", real);
	free(real);
	return true;
}

/* Behind each other, into a file that nobody else can read or has prepared,
 * which then takes its place; without `over`, only a free one. */
static bool write_file(struct selfsigned *s, X509 *cert, EVP_PKEY *key,
    bool over)
{
	char path[4200];

	snprintf(path, sizeof path, "%s/.portico.XXXXXX", s->folder);
	int fd = mkostemp(path, O_CLOEXEC); /* 0600, O_EXCL */
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool fine = f && PEM_write_X509(f, cert) == 1
	    && PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) > 0
	    && fflush(f) == 0 && fsync(fd) == 0;
	if (fine)
		fine = (over ? rename(path, s->path) : link(path, s->path))
		    == 0;
	if (!fine)
		fprintf(s->err, "portico: %s cannot be written: %s\n",
		    s->path, strerror(errno));
	if (fd >= 0)
		unlink(path);
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	return fine;
}

static void say_names(const struct selfsigned *s)
{
	for (unsigned i = 0; i < s->nnames; i++)
		fprintf(s->out, "%s%s", i == 0 ? ""
		    : i + 1 == s->nnames ? " and " : ", ", s->names[i]);
}

static void say_print(const struct selfsigned *s, X509 *cert)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	X509_digest(cert, EVP_sha256(), sum, &n);
	fputs("SHA-256 fingerprint: ", s->out);
	for (unsigned i = 0; i < n; i++)
		fprintf(s->out, "%s%02X", i ? ":" : "", sum[i]);
	fputs("\n\n", s->out);
}

static void say(const struct selfsigned *s, X509 *cert, const char *what)
{
	struct tm tm = {0};
	char day[32];
	const char *name = s->names[0];
	const char *host = strncmp(name, "*.", 2) == 0 ? "www" : "";

	ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	fprintf(s->out, "%s %s: a certificate for ", s->path, what);
	say_names(s);
	fprintf(s->out, ", signed by itself, until %s, and its key\n", day);
	say_print(s, cert);
	fprintf(s->out, "In the configuration:\n\n"
	    "    listeners = {\n"
	    "      https = { address = \"*:443\"; tls = \"%s\"; };\n"
	    "    };\n\n", s->path);
	fprintf(s->out, "Browsers warn of it, as nobody vouches for it. A "
	    "client that is to trust it:\n\n"
	    "    curl --cacert %s https://%s%s%s%s/\n", s->path,
	    strchr(name, ':') ? "[" : "", host, *host ? name + 1 : name,
	    strchr(name, ':') ? "]" : "");
}

/* Signed by itself, by us. */
static bool is_ours(X509 *cert)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	char o[64] = "";

	X509_NAME_get_text_by_NID(subject, NID_organizationName, o, sizeof o);
	return strcmp(o, organization) == 0
	    && X509_verify(cert, X509_get0_pubkey(cert)) == 1;
}

/* The alternative names say the same as the other's. */
static bool has_same_names(X509 *a, X509 *b)
{
	int i = X509_get_ext_by_NID(a, NID_subject_alt_name, -1);
	int k = X509_get_ext_by_NID(b, NID_subject_alt_name, -1);

	return i >= 0 && k >= 0 && ASN1_OCTET_STRING_cmp(
	    X509_EXTENSION_get_data(X509_get_ext(a, i)),
	    X509_EXTENSION_get_data(X509_get_ext(b, k))) == 0;
}

enum there { THERE_NOT, THERE_GOOD, THERE_ENDED, THERE_FOREIGN };

/* What stands in the place of the new one already. */
static enum there look(const struct selfsigned *s, X509 *fresh,
    struct pem *pem)
{
	char why[PEM_WHY];
	struct stat st;

	*pem = (struct pem){0};
	if (lstat(s->path, &st) < 0 && errno == ENOENT)
		return THERE_NOT;
	if (!pem_read(s->path, pem, why) || pem->ncerts != 1
	    || pem->nkeys != 1 || !is_ours(pem->certs[0])
	    || X509_check_private_key(pem->certs[0], pem->keys[0]) != 1
	    || !has_same_names(pem->certs[0], fresh))
		return THERE_FOREIGN;
	return X509_cmp_current_time(X509_get0_notAfter(pem->certs[0])) < 0
	    ? THERE_ENDED : THERE_GOOD;
}

static int put(struct selfsigned *s, X509 *cert, EVP_PKEY *key)
{
	struct pem old;
	enum there there = look(s, cert, &old);
	int code = EXIT_FAILED;

	if (there == THERE_FOREIGN) {
		fprintf(s->err, "portico: %s is there, and is not one that "
		    "portico has made for these names: it stays; name another "
		    "folder, or take it away\n", s->path);
	} else if (there == THERE_GOOD) {
		say(s, old.certs[0], "is there, and stays");
		code = EXIT_FINE;
	} else if (write_file(s, cert, key, there == THERE_ENDED)) {
		say(s, cert, there == THERE_ENDED
		    ? "had ended, and is new" : "is new");
		code = EXIT_FINE;
	}
	pem_free(&old);
	return code;
}

int selfsigned_make(const char *folder, const char *const *names, FILE *out,
    FILE *err)
{
	struct selfsigned s = {.out = out, .err = err};

	if (!take_names(&s, names))
		return EXIT_USAGE;
	if (!make_folder(&s, folder))
		return EXIT_FAILED;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_cert(&s, key);
	int code = EXIT_FAILED;
	if (key && cert)
		code = put(&s, cert, key);
	else
		fprintf(err, "portico: OpenSSL cannot make a certificate\n");
	X509_free(cert);
	EVP_PKEY_free(key);
	return code;
}
