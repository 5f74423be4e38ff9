/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of PEM: certificates and keys, as they stand in them (RFC 7468). */
#include "gate/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* All of the file into room for PEM_BYTES and one; -1 with errno. Whoever
 * names a pipe does not stop us for ever. */
static ssize_t slurp(const char *path, char *to, mode_t *mode)
{
	struct stat st;
	size_t n = 0;
	ssize_t got = 1;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		got = -1;
	}
	*mode = st.st_mode;
	while (got > 0 && n <= PEM_BYTES) {
		got = read(fd, to + n, PEM_BYTES + 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	int error = errno;
	close(fd);
	errno = error;
	return got < 0 ? -1 : (ssize_t)n;
}

static bool fail(char why[PEM_WHY], const char *text)
{
	snprintf(why, PEM_WHY, "%s", text);
	return false;
}

static bool add_cert(struct pem *pem, const char *kind,
    const unsigned char *der, long n, char why[PEM_WHY])
{
	bool trusted = strcmp(kind, PEM_STRING_X509_TRUSTED) == 0;

	if (pem->ncerts == PEM_CERTS)
		return fail(why, "has more than 21 certificates: it should "
		    "have one, then those that issued it");
	X509 *cert = trusted ? d2i_X509_AUX(NULL, &der, n)
	    : d2i_X509(NULL, &der, n);
	if (cert == NULL) {
		snprintf(why, PEM_WHY, "the certificate number %u in it "
		    "cannot be understood", pem->ncerts + 1);
		return false;
	}
	/* Looks at the extensions, once: what is wrong there shows here. */
	if (X509_check_purpose(cert, -1, 0) != 1) {
		X509_free(cert);
		snprintf(why, PEM_WHY, "the certificate number %u in it has "
		    "extensions that are not valid", pem->ncerts + 1);
		return false;
	}
	pem->certs[pem->ncerts++] = cert;
	return true;
}

static bool add_key(struct pem *pem, const char *head,
    const unsigned char *der, long n, char why[PEM_WHY])
{
	if (strstr(head, "ENCRYPTED")) {
		pem->encrypted = true;
		return true;
	}
	if (pem->nkeys == PEM_KEYS)
		return fail(why, "has more than 4 private keys");
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &der, n);
	if (key == NULL)
		return fail(why, "the private key in it cannot be understood");
	pem->keys[pem->nkeys++] = key;
	return true;
}

static bool add(struct pem *pem, const char *kind, const char *head,
    const unsigned char *der, long n, char why[PEM_WHY])
{
	size_t length = strlen(kind);

	if (strcmp(kind, PEM_STRING_X509) == 0
	    || strcmp(kind, PEM_STRING_X509_OLD) == 0
	    || strcmp(kind, PEM_STRING_X509_TRUSTED) == 0)
		return add_cert(pem, kind, der, n, why);
	if (strcmp(kind, PEM_STRING_PKCS8) == 0)
		return add_key(pem, "ENCRYPTED", der, n, why);
	if (length >= 11 && strcmp(kind + length - 11, "PRIVATE KEY") == 0)
		return add_key(pem, head, der, n, why);
	pem->others++;
	return true;
}

static bool parse(struct pem *pem, BIO *in, char why[PEM_WHY])
{
	char *kind, *head;
	unsigned char *der;
	long n;
	bool fine = true;

	while (fine && PEM_read_bio(in, &kind, &head, &der, &n)) {
		fine = add(pem, kind, head, der, n, why);
		OPENSSL_free(kind);
		OPENSSL_free(head);
		OPENSSL_clear_free(der, (size_t)n);
	}
	unsigned long error = ERR_peek_last_error();
	if (fine && (ERR_GET_LIB(error) != ERR_LIB_PEM
	    || ERR_GET_REASON(error) != PEM_R_NO_START_LINE)) {
		snprintf(why, PEM_WHY, "is damaged: of the PEM in it only %u "
		    "certificates and %u keys can be read", pem->ncerts,
		    pem->nkeys);
		fine = false;
	}
	ERR_clear_error();
	return fine;
}

bool pem_read(const char *path, struct pem *pem, char why[PEM_WHY])
{
	char *text = malloc(PEM_BYTES + 1);

	*pem = (struct pem){0};
	if (text == NULL)
		die("out of memory");
	ssize_t n = slurp(path, text, &pem->mode);
	bool fine = n >= 0 && n <= (ssize_t)PEM_BYTES;
	if (n < 0)
		snprintf(why, PEM_WHY, "cannot be read: %s",
		    errno == EINVAL ? "it is no file" : strerror(errno));
	else if (!fine)
		fail(why, "has more than 1 MB");
	BIO *in = fine ? BIO_new_mem_buf(text, (int)n) : NULL;
	if (fine && in == NULL)
		die("out of memory");
	fine = fine && parse(pem, in, why);
	BIO_free(in);
	if (n > 0)
		OPENSSL_cleanse(text, (size_t)n);
	free(text);
	return fine;
}

void pem_free(struct pem *pem)
{
	for (unsigned i = 0; i < pem->ncerts; i++)
		X509_free(pem->certs[i]);
	for (unsigned i = 0; i < pem->nkeys; i++)
		EVP_PKEY_free(pem->keys[i]);
	*pem = (struct pem){0};
}
