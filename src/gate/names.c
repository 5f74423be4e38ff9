/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in certificates. */
#include "gate/names.h"

#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/slice.h"
#include "gate/complain.h"

#define NAME_MOST 253u /* of the DNS */

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
	    || c == '_' || c == '.';
}

/* As in struct certificate, into `to`; false if it is no name of a host. */
static bool clean(const unsigned char *p, size_t n, char to[NAME_MOST + 1])
{
	size_t from = n > 2 && p[0] == '*' && p[1] == '.', used = 0;

	if (n == 0 || n > NAME_MOST || p[from ? 2 : 0] == '.'
	    || p[n - 1] == '.')
		return false;
	for (size_t i = from; i < n; i++) {
		to[used] = ascii_lower((char)p[i]);
		if (!is_host_byte(to[used++]))
			return false;
	}
	to[used] = '\0';
	return true;
}

static bool has(const struct certificate *cert, const char *name)
{
	for (unsigned i = 0; i < cert->nnames; i++)
		if (strcmp(cert->names[i], name) == 0)
			return true;
	return false;
}

static void add(struct certificate *cert, const ASN1_STRING *s,
    struct complaints *c)
{
	const unsigned char *p = ASN1_STRING_get0_data(s);
	size_t n = (size_t)ASN1_STRING_length(s);
	char name[NAME_MOST + 1];

	if (!clean(p, n, name)) {
		complain_mildly(c, cert->path, "has \"%.*s\" for a name, which "
		    "is none of a host, and is passed over",
		    (int)(n > NAME_MOST ? NAME_MOST : n), (const char *)p);
		return;
	}
	/* Twice the same matters to nobody, unless there are thousands. */
	if (cert->nnames < 100 && has(cert, name))
		return;
	char **more = reallocarray(cert->names, cert->nnames + 1,
	    sizeof *more);
	if (more == NULL || (more[cert->nnames] = strdup(name)) == NULL)
		die("out of memory");
	cert->names = more;
	cert->nnames++;
}

static void add_cn(struct certificate *cert, struct complaints *c)
{
	X509_NAME *subject = X509_get_subject_name(cert->leaf);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text;
	char name[NAME_MOST + 1];

	if (at < 0)
		return;
	const ASN1_STRING *s = X509_NAME_ENTRY_get_data(
	    X509_NAME_get_entry(subject, at));
	int n = ASN1_STRING_to_UTF8(&text, s);
	/* "Our Test" is a common name, too. */
	if (n > 0 && clean(text, (size_t)n, name))
		add(cert, s, c);
	if (n >= 0)
		OPENSSL_free(text);
}

void names_read(struct certificate *cert, struct complaints *c)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(cert->leaf,
	    NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		if (name->type == GEN_DNS)
			add(cert, name->d.dNSName, c);
	}
	if (all == NULL)
		add_cn(cert, c);
	GENERAL_NAMES_free(all);
}

bool names_is_named(const struct certificate *cert)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(cert->leaf,
	    NID_subject_alt_name, NULL, NULL);
	bool is = cert->nnames > 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++)
		is |= sk_GENERAL_NAME_value(all, i)->type == GEN_IPADD;
	GENERAL_NAMES_free(all);
	return is;
}
