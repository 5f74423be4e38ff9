/* SPDX-License-Identifier: BSD-2-Clause */
/* One certificate with its key: what is made of a file, and what is odd. */
#include "gate/leaf.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "gate/complain.h"
#include "gate/names.h"
#include "gate/sources.h"

#define SOON (21 * 24 * 3600) /* seconds */

static const char *name_of(X509 *cert, char to[128])
{
	X509_NAME *name = X509_get_subject_name(cert);

	if (X509_NAME_get_text_by_NID(name, NID_commonName, to, 128) < 0)
		X509_NAME_oneline(name, to, 128);
	return to;
}

static time_t time_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : 0;
}

/* Which of the certificates the key is of. */
static unsigned find_leaf(const struct source *from)
{
	unsigned i = 0;

	while (i < from->pem.ncerts && X509_check_private_key(
	    from->pem.certs[i], from->key) != 1)
		i++;
	ERR_clear_error();
	return i;
}

static bool is_self_issued(X509 *cert)
{
	return X509_get_extension_flags(cert) & EXFLAG_SI;
}

static unsigned find_issuer(const struct pem *pem, const bool *taken, X509 *of)
{
	unsigned i = 0;

	while (i < pem->ncerts && (taken[i]
	    || X509_check_issued(pem->certs[i], of) != X509_V_OK))
		i++;
	return i;
}

static void say_left_out(const struct pem *pem, const bool *taken,
    const char *path, struct complaints *c)
{
	char name[128];

	for (unsigned i = 0; i < pem->ncerts; i++)
		if (!taken[i])
			complain_mildly(c, path, "its certificate number %u "
			    "(%s) is no link of the chain, and is left out",
			    i + 1, name_of(pem->certs[i], name));
}

/* The links from issuer to issuer, in whichever order the file has them. */
static void make_chain(struct certificate *to, const struct pem *pem,
    unsigned leaf, struct complaints *c)
{
	bool taken[PEM_CERTS] = {false};
	X509 *last = to->leaf;
	bool ordered = leaf == 0;
	unsigned i, before = leaf;

	taken[leaf] = true;
	while (!is_self_issued(last)
	    && (i = find_issuer(pem, taken, last)) < pem->ncerts) {
		ordered = ordered && i == before + 1;
		before = i;
		taken[i] = true;
		last = pem->certs[i];
		X509_up_ref(last);
		if (sk_X509_push(to->chain, last) == 0)
			die("out of memory");
	}
	say_left_out(pem, taken, to->path, c);
	if (!ordered)
		complain_mildly(c, to->path, "its certificates stand in the "
		    "wrong order; they are sent in the right one: the "
		    "server's first, then each that issued the one before it");
}

static bool find_kind(struct certificate *to, struct complaints *c)
{
	static const int kinds[][2] = {
		{EVP_PKEY_RSA, CERTS_RSA},
		{EVP_PKEY_RSA_PSS, CERTS_RSA},
		{EVP_PKEY_EC, CERTS_EC},
		{EVP_PKEY_ED25519, CERTS_ED25519},
	};
	const char *is = EVP_PKEY_get0_type_name(to->key);

	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (EVP_PKEY_get_base_id(to->key) == kinds[i][0]) {
			to->kind = (enum certs_kind)kinds[i][1];
			return true;
		}
	complain(c, to->path, "has a key of the kind %s: it should be RSA, EC "
	    "or Ed25519", is ? is : "unknown");
	return false;
}

static bool is_strong(const struct certificate *cert, struct complaints *c)
{
	if (EVP_PKEY_get_security_bits(cert->key) >= 112)
		return true;
	complain(c, cert->path, "has an %s key of %d bits, which is weak: %s",
	    certs_kind_name(cert->kind), EVP_PKEY_get_bits(cert->key),
	    cert->kind == CERTS_RSA ? "2048 are the least"
	    : "P-256 has 256");
	return false;
}

/* MD5 and SHA-1 in what one signed for another: OpenSSL does not serve it. */
static bool is_well_signed(X509 *cert, const char *path, struct complaints *c)
{
	int digest = NID_undef;
	char name[128];

	if (is_self_issued(cert)
	    || X509_get_signature_info(cert, &digest, NULL, NULL, NULL) != 1)
		return true;
	if (digest != NID_sha1 && digest != NID_md5 && digest != NID_md5_sha1)
		return true;
	complain(c, path, "the certificate of %s in it is signed with %s, "
	    "which no client believes: it should be SHA-256",
	    name_of(cert, name), OBJ_nid2sn(digest));
	return false;
}

static bool is_fit(const struct certificate *cert, struct complaints *c)
{
	bool fine = is_strong(cert, c)
	    && is_well_signed(cert->leaf, cert->path, c);

	for (int i = 0; fine && i < sk_X509_num(cert->chain); i++)
		fine = is_well_signed(sk_X509_value(cert->chain, i),
		    cert->path, c);
	return fine;
}

bool leaf_make(struct certificate *to, struct source *from,
    struct complaints *c)
{
	unsigned leaf = find_leaf(from);

	MUST(leaf < from->pem.ncerts);
	*to = (struct certificate){
		.path = strdup(from->path),
		.leaf = from->pem.certs[leaf],
		.chain = sk_X509_new_null(),
		.key = from->key,
	};
	if (to->path == NULL || to->chain == NULL)
		die("out of memory");
	X509_up_ref(to->leaf);
	from->key = NULL;
	to->ends = time_of(X509_get0_notAfter(to->leaf));
	make_chain(to, &from->pem, leaf, c);
	if (!find_kind(to, c) || !is_fit(to, c))
		return false;
	names_read(to, c);
	return true;
}

void leaf_free(struct certificate *cert)
{
	for (unsigned i = 0; i < cert->nnames; i++)
		free(cert->names[i]);
	free(cert->names);
	sk_X509_pop_free(cert->chain, X509_free);
	X509_free(cert->leaf);
	EVP_PKEY_free(cert->key);
	free(cert->path);
	*cert = (struct certificate){0};
}

static void judge_times(X509 *cert, const char *path, const char *whose,
    struct complaints *c)
{
	time_t now = time(NULL), ends = time_of(X509_get0_notAfter(cert));
	struct tm tm;
	char day[32];

	gmtime_r(&ends, &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	if (ends < now)
		complain_mildly(c, path, "%s ended on %s: clients will refuse "
		    "it", whose, day);
	else if (ends - now < SOON)
		complain_mildly(c, path, "%s ends on %s, in %lld days", whose,
		    day, (long long)((ends - now) / (24 * 3600)));
	if (time_of(X509_get0_notBefore(cert)) > now)
		complain_mildly(c, path, "%s is not valid yet: clients will "
		    "refuse it (or the clock of this machine is wrong)",
		    whose);
}

/* Who has the address of its issuer's certificate in it, but not that
 * certificate behind it, relies on clients to fetch it: few do. */
static void judge_chain(const struct certificate *cert, struct complaints *c)
{
	char name[128];

	for (int i = 0; i < sk_X509_num(cert->chain); i++) {
		char whose[160];
		X509 *link = sk_X509_value(cert->chain, i);
		snprintf(whose, sizeof whose, "the certificate of %s in it",
		    name_of(link, name));
		judge_times(link, cert->path, whose, c);
	}
	if (sk_X509_num(cert->chain) == 0 && !is_self_issued(cert->leaf)
	    && X509_get_ext_by_NID(cert->leaf, NID_info_access, -1) >= 0)
		complain_mildly(c, cert->path, "the certificate of its issuer "
		    "is missing behind it: clients that do not have it will "
		    "refuse this one");
}

void leaf_judge(const struct certificate *cert, bool for_clients,
    struct complaints *c)
{
	int purpose = for_clients ? X509_PURPOSE_SSL_CLIENT
	    : X509_PURPOSE_SSL_SERVER;

	judge_times(cert->leaf, cert->path, "its certificate", c);
	judge_chain(cert, c);
	if (X509_check_purpose(cert->leaf, purpose, 0) == 0)
		complain_mildly(c, cert->path, "its certificate is not for "
		    "%s, by what it says of its use", for_clients ? "clients"
		    : "servers");
	if (!for_clients && !names_is_named(cert))
		complain_mildly(c, cert->path, "its certificate has no DNS "
		    "name and no address: clients will refuse it");
}
