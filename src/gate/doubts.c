/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a backend's certificate, in words for the log. */
#include "gate/doubts.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define NAMES 3 /* that are told of a certificate for others */

static int place = -1; /* of `why` in an SSL */

bool doubts_attach(SSL *ssl, char why[ARRIVAL_WHY])
{
	if (place < 0)
		place = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return place >= 0 && SSL_set_ex_data(ssl, place, why) == 1;
}

/* They are the words of a stranger, and go into the log. */
static void add(char *why, const char *between, const char *p, size_t n)
{
	size_t at = strlen(why), room = ARRIVAL_WHY - at;

	if (strlen(between) + n >= room)
		return;
	at += (size_t)snprintf(why + at, room, "%s", between);
	for (size_t i = 0; i < n; i++)
		why[at + i] = p[i] > ' ' && p[i] <= '~' ? p[i] : '?';
	why[at + n] = '\0';
}

static bool add_name(char *why, const GENERAL_NAME *name, const char *between)
{
	char text[INET6_ADDRSTRLEN];
	const ASN1_STRING *s = name->type == GEN_DNS ? name->d.dNSName
	    : name->type == GEN_IPADD ? name->d.iPAddress : NULL;

	if (s == NULL)
		return false;
	const unsigned char *p = ASN1_STRING_get0_data(s);
	int n = ASN1_STRING_length(s);
	if (name->type == GEN_IPADD && ((n != 4 && n != 16) || !inet_ntop(
	    n == 4 ? AF_INET : AF_INET6, p, text, sizeof text)))
		return false;
	if (name->type == GEN_DNS)
		add(why, between, (const char *)p, (size_t)n);
	else
		add(why, between, text, strlen(text));
	return true;
}

/* Without such names in it what its subject says counts. */
static void add_subject(char *why, const X509 *cert, const char *between)
{
	char text[128];
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
	    NID_commonName, text, sizeof text);

	if (n > 0)
		add(why, between, text, strlen(text));
	else
		add(why, between, "nobody", 6);
}

static void add_names(char *why, const X509 *cert)
{
	static const char first[] = ": certificate is for ";
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
	    NULL, NULL);
	unsigned told = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && told < NAMES; i++)
		told += add_name(why, sk_GENERAL_NAME_value(names, i),
		    told ? ", " : first);
	if (told == 0)
		add_subject(why, cert, first);
	GENERAL_NAMES_free(names);
}

int doubts_hear(int fine, X509_STORE_CTX *chain)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(chain,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	char *why = ssl ? SSL_get_ex_data(ssl, place) : NULL;
	const X509 *cert = X509_STORE_CTX_get_current_cert(chain);
	int error = X509_STORE_CTX_get_error(chain);

	if (fine || why == NULL)
		return fine;
	snprintf(why, ARRIVAL_WHY, "certificate verify failed: %s",
	    X509_verify_cert_error_string(error));
	if (cert && (error == X509_V_ERR_HOSTNAME_MISMATCH
	    || error == X509_V_ERR_IP_ADDRESS_MISMATCH))
		add_names(why, cert);
	return 0;
}
