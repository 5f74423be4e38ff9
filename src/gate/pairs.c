/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and keys that stand in different files: who belongs to whom. */
#include "gate/pairs.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/complain.h"
#include "gate/sources.h"

#define SUM 32 /* of SHA-256 */

/* Of a certificate, or of a public key, and the file that has it. */
struct print {
	unsigned char sum[SUM];
	unsigned source;
};

struct prints {
	struct print *at;
	unsigned n;
};

static int by_sum(const void *a, const void *b)
{
	return memcmp(((const struct print *)a)->sum,
	    ((const struct print *)b)->sum, SUM);
}

static void sort(struct prints *p)
{
	if (p->n > 1)
		qsort(p->at, p->n, sizeof *p->at, by_sum);
}

static const struct print *find(const struct prints *p,
    const struct print *like)
{
	return p->n ? bsearch(like, p->at, p->n, sizeof *p->at, by_sum) : NULL;
}

static struct print print_of_cert(X509 *cert, unsigned source)
{
	struct print p = {.source = source};

	X509_digest(cert, EVP_sha256(), p.sum, NULL);
	return p;
}

static struct print print_of_key(EVP_PKEY *key, unsigned source)
{
	struct print p = {.source = source};
	unsigned char *der = NULL;
	int n = key ? i2d_PUBKEY(key, &der) : 0;

	if (n > 0)
		EVP_Digest(der, (size_t)n, p.sum, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	return p;
}

static struct prints make(unsigned room)
{
	struct prints p = {calloc(room + 1, sizeof *p.at), 0};

	if (p.at == NULL)
		die("out of memory");
	return p;
}

/* The private key that one of its certificates belongs to. */
static EVP_PKEY *matching(const struct source *of, const struct pem *in)
{
	EVP_PKEY *key = NULL;

	for (unsigned i = 0; i < of->pem.ncerts && key == NULL; i++)
		for (unsigned k = 0; k < in->nkeys && key == NULL; k++)
			if (X509_check_private_key(of->pem.certs[i],
			    in->keys[k]) == 1)
				key = in->keys[k];
	ERR_clear_error();
	return key;
}

static void warn_of_readers(const struct pem *pem, const char *path,
    struct complaints *c)
{
	if (pem->mode & 07)
		complain_mildly(c, path, "has a private key, and every user "
		    "of this machine may read it: chmod 600");
}

static void take_key(struct source *to, const struct pem *from,
    const char *path, struct complaints *c)
{
	to->key = matching(to, from);
	if (to->key)
		EVP_PKEY_up_ref(to->key);
	warn_of_readers(from, path, c);
	if (to->key)
		return;
	if (from->nkeys)
		complain(c, to->path, "the private key in %s does not belong "
		    "to its certificate", path == to->path ? "it" : path);
	else if (from->encrypted)
		complain(c, path, "its private key is encrypted, and nobody "
		    "is there to be asked for the passphrase: openssl pkey "
		    "-in FILE -out FILE2 writes it without one");
	else
		complain(c, path, "has no private key, though it should have "
		    "that of %s", to->path);
}

/* Names under which the key of a certificate is looked for; the n-th, made of
 * its folder (with "/"), its name without the ending, and all of its name. */
static bool partner(unsigned n, const char *path, char *to, size_t room)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	int folder = (int)(name - path);
	int stem = dot ? (int)(dot - path) : (int)strlen(path);
	const char *rest = strncmp(name, "fullchain", 9) == 0 ? name + 9
	    : strncmp(name, "cert", 4) == 0 ? name + 4 : NULL;

	if (n == 0)
		snprintf(to, room, "%.*s.key", stem, path);
	else if (n == 1)
		snprintf(to, room, "%s.key", path);
	else if (rest)
		snprintf(to, room, "%.*sprivkey%s", folder, path, rest);
	else
		return false;
	return strcmp(to, path) != 0 && access(to, F_OK) == 0;
}

static struct source *find_source(const struct sources *s, const char *path)
{
	for (unsigned low = 0, high = s->n; low < high;) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(path, s->at[middle].path);
		if (order == 0)
			return &s->at[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void take_from(struct sources *s, struct source *to, const char *path,
    struct complaints *c)
{
	struct source *among = find_source(s, path);
	struct pem pem = {0};
	char why[PEM_WHY];

	if (among) {
		among->used = true;
		if (among->fine)
			take_key(to, &among->pem, path, c);
		else
			to->used = true; /* and that was said */
		return;
	}
	if (pem_read(path, &pem, why))
		take_key(to, &pem, path, c);
	else
		complain(c, path, "%s", why);
	pem_free(&pem);
}

/* False if there is none under any of the names. */
static bool take_from_partner(struct sources *s, struct source *to,
    struct complaints *c)
{
	char path[4096];

	for (unsigned n = 0; n < 3; n++)
		if (partner(n, to->path, path, sizeof path)) {
			take_from(s, to, path, c);
			return true;
		}
	return false;
}

static bool is_lone_cert(const struct source *of)
{
	return of->fine && of->pem.ncerts && of->key == NULL && !of->used;
}

static bool is_lone_key(const struct source *of)
{
	return of->fine && of->pem.ncerts == 0 && !of->used
	    && (of->pem.nkeys || of->pem.encrypted);
}

static bool has(const struct sources *s, bool (*is_so)(const struct source *))
{
	for (unsigned i = 0; i < s->n; i++)
		if (is_so(&s->at[i]))
			return true;
	return false;
}

/* For who has a certificate and no key yet: any file of the same entry. */
static void match_keys(struct sources *s, struct complaints *c)
{
	struct prints keys = make(s->n * PEM_KEYS);

	for (unsigned i = 0; i < s->n; i++)
		for (unsigned k = 0; k < s->at[i].pem.nkeys; k++)
			keys.at[keys.n++] = print_of_key(s->at[i].pem.keys[k],
			    i);
	sort(&keys);
	for (unsigned i = 0; i < s->n; i++) {
		struct source *to = &s->at[i];
		if (!is_lone_cert(to))
			continue;
		struct print like = print_of_key(X509_get0_pubkey(
		    to->pem.certs[0]), 0);
		const struct print *found = find(&keys, &like);
		if (found == NULL)
			continue;
		struct source *from = &s->at[found->source];
		from->used |= from->pem.ncerts == 0;
		take_key(to, &from->pem, from->path, c);
	}
	free(keys.at);
}

/* A chain in a file of its own is that of others that have it. */
static void pass_over_chains(struct sources *s)
{
	struct prints certs = make(s->n * PEM_CERTS);

	for (unsigned i = 0; i < s->n; i++)
		for (unsigned k = 0; s->at[i].key && k < s->at[i].pem.ncerts;
		    k++)
			certs.at[certs.n++] = print_of_cert(
			    s->at[i].pem.certs[k], i);
	sort(&certs);
	for (unsigned i = 0; i < s->n; i++) {
		struct source *lone = &s->at[i];
		unsigned there = 0;
		for (unsigned k = 0; is_lone_cert(lone)
		    && k < lone->pem.ncerts; k++) {
			struct print like = print_of_cert(lone->pem.certs[k],
			    i);
			there += find(&certs, &like) != NULL;
		}
		if (there && there == lone->pem.ncerts)
			lone->used = true;
	}
	free(certs.at);
}

/* A key alone is that of others that have it. */
static void pass_over_keys(struct sources *s)
{
	struct prints keys = make(s->n);

	for (unsigned i = 0; i < s->n; i++)
		if (s->at[i].key)
			keys.at[keys.n++] = print_of_key(s->at[i].key, i);
	sort(&keys);
	for (unsigned i = 0; i < s->n; i++) {
		struct source *lone = &s->at[i];
		for (unsigned k = 0; k < lone->pem.nkeys && is_lone_key(lone);
		    k++) {
			struct print like = print_of_key(lone->pem.keys[k], i);
			lone->used = find(&keys, &like) != NULL;
		}
	}
	free(keys.at);
}

static void say_what_is_left(const struct sources *s, struct complaints *c)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct source *of = &s->at[i];
		if (!of->fine || of->key || of->used)
			continue;
		if (of->pem.ncerts)
			complain(c, of->path, "has no private key: it should "
			    "stand in the same file, or in one beside it that "
			    "is called like it and ends in \".key\"");
		else if (is_lone_key(of))
			complain(c, of->path, "has a private key and no "
			    "certificate that belongs to it: one should stand "
			    "before it, in the same file");
		else if (s->many && of->pem.others)
			complain_mildly(c, of->path, "has neither a "
			    "certificate nor a key, and is passed over");
		else
			complain(c, of->path, "has no certificate: there "
			    "should be one in PEM, from \"-----BEGIN "
			    "CERTIFICATE-----\" on, and its key");
	}
}

void pairs_find(struct sources *s, const char *key, struct complaints *c)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct source *of = &s->at[i];
		unsigned errors = c->errors;
		if (!of->fine || of->pem.ncerts == 0)
			continue;
		if (key)
			take_from(s, of, key, c);
		else if (of->pem.nkeys || of->pem.encrypted)
			take_key(of, &of->pem, of->path, c);
		else
			take_from_partner(s, of, c);
		of->used |= c->errors > errors; /* that is said */
	}
	/* Seldom: these prints take OpenSSL longer than to read all files. */
	if (s->many && has(s, is_lone_cert))
		pass_over_chains(s);
	if (s->many && has(s, is_lone_cert)) {
		match_keys(s, c);
		pass_over_chains(s);
	}
	if (s->many && has(s, is_lone_key))
		pass_over_keys(s);
	say_what_is_left(s, c);
}
