/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of certificates, and certificates: what is taken has clean names. */
/* links: gate conf base */
#include "gate/certs.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gate/complain.h"
#include "gate/leaf.h"
#include "gate/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look_at_names(const struct certificate *cert)
{
	for (unsigned i = 0; i < cert->nnames; i++) {
		const char *name = cert->names[i];
		size_t length = strlen(name);
		MUST(length > 0 && length <= 253);
		MUST(name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"
		    "-_.")] == '\0');
		MUST(name[length - 1] != '.' && strncmp(name, "..", 2) != 0);
	}
}

/* A certificate alone, in DER: its names and what is said of it. */
static void try_names(const uint8_t *bytes, size_t n, struct complaints *c)
{
	struct certificate cert = {.path = strdup("cert")};

	cert.leaf = d2i_X509(NULL, &bytes, (long)n);
	cert.chain = sk_X509_new_null();
	MUST(cert.path && cert.chain);
	if (cert.leaf && X509_check_purpose(cert.leaf, -1, 0) == 1) {
		names_read(&cert, c);
		look_at_names(&cert);
		leaf_judge(&cert, n % 2, c);
	}
	leaf_free(&cert);
}

/* A file of PEM. */
static void try_file(const uint8_t *bytes, size_t n, struct complaints *c)
{
	char path[64];
	struct conf_certificate entry = {path, NULL};
	const struct conf_tls tls = {.where = "fuzz:1",
	    .certificates = &entry, .ncertificates = 1};
	struct certificates certs;
	unsigned found[CERTS_KINDS];
	bool matched;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	MUST(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	bool fine = certs_read(&tls, &certs, c);
	MUST(fine == (c->errors == 0) && (!fine || certs.n == 1));
	for (unsigned i = 0; i < certs.n; i++)
		look_at_names(&certs.at[i]);
	MUST(certs_find(&certs, "a.example", found, &matched) == certs.n);
	certs_free(&certs);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *said = NULL;
	size_t length;
	FILE *to = open_memstream(&said, &length);
	struct complaints c = {.where = "fuzz:1", .to = to};

	MUST(to != NULL);
	if (n > 0 && bytes[0] == 0x30)
		try_names(bytes, n, &c);
	else
		try_file(bytes, n, &c);
	fclose(to);
	/* Lines of text, whatever the names were. */
	for (size_t i = 0; i < length; i++)
		MUST(said[i] == '\n' || ((unsigned char)said[i] >= ' '
		    && said[i] != 0x7f));
	free(said);
	return 0;
}
