/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates and their keys: reading them, and which one a name gets. */
#include "gate/certs.h"

#include <stdlib.h>
#include <string.h>

#include "gate/complain.h"
#include "gate/leaf.h"
#include "gate/sources.h"

#define CERTS_MOST 10000u

static const char *const kind_names[CERTS_KINDS] = {"RSA", "EC", "Ed25519"};

const char *certs_kind_name(enum certs_kind kind)
{
	return kind_names[kind];
}

static void add(struct certificates *certs, struct source *from,
    struct complaints *c)
{
	if (certs->n % 64 == 0) {
		certs->at = reallocarray(certs->at, certs->n + 64,
		    sizeof *certs->at);
		if (certs->at == NULL)
			die("out of memory");
	}
	if (leaf_make(&certs->at[certs->n], from, c))
		certs->n++;
	else
		leaf_free(&certs->at[certs->n]);
}

static void read_entry(const struct conf_certificate *entry,
    struct certificates *certs, struct complaints *c)
{
	struct sources s;

	sources_read(&s, entry, c);
	for (unsigned i = 0; i < s.n && certs->n <= CERTS_MOST; i++)
		if (s.at[i].key)
			add(certs, &s.at[i], c);
	sources_free(&s);
}

/* The same certificate from several files ("default.pem", then "*.pem"; or
 * cert.pem and fullchain.pem) is one, with the longest chain of them, where
 * the first one stands. */
static int by_certificate(const void *a, const void *b)
{
	const struct certificate *x = *(struct certificate *const *)a;
	const struct certificate *y = *(struct certificate *const *)b;
	int order = X509_cmp(x->leaf, y->leaf);

	return order ? order : (x > y) - (x < y);
}

static void swap_if_longer(struct certificate *first,
    struct certificate *other)
{
	struct certificate kept = *first;

	if (sk_X509_num(other->chain) <= sk_X509_num(first->chain))
		return;
	*first = *other;
	*other = kept;
}

static void unite(struct certificates *certs)
{
	struct certificate **sorted = calloc(certs->n + 1, sizeof *sorted);
	struct certificate *first = NULL;
	unsigned n = 0;

	if (sorted == NULL)
		die("out of memory");
	for (unsigned i = 0; i < certs->n; i++)
		sorted[i] = &certs->at[i];
	qsort(sorted, certs->n, sizeof *sorted, by_certificate);
	for (unsigned i = 0; i < certs->n; i++) {
		if (first && X509_cmp(first->leaf, sorted[i]->leaf) == 0) {
			swap_if_longer(first, sorted[i]);
			leaf_free(sorted[i]);
		} else {
			first = sorted[i];
		}
	}
	free(sorted);
	for (unsigned i = 0; i < certs->n; i++)
		if (certs->at[i].leaf)
			certs->at[n++] = certs->at[i];
	certs->n = n;
}

static int by_name(const void *a, const void *b)
{
	const struct certs_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order == 0)
		order = (x->kind > y->kind) - (x->kind < y->kind);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void say_twice(const struct certificates *certs,
    const struct certs_name *first, const struct certs_name *other,
    struct complaints *c)
{
	const char *name = other->name;

	complain_mildly(c, certs->at[other->at].path, "has the name %s%s, as "
	    "%s has, which comes first and is served for it",
	    name[0] == '.' ? "*" : "", name, certs->at[first->at].path);
}

static void index_names(struct certificates *certs, struct complaints *c)
{
	size_t room = 1;
	unsigned all = 0;

	for (unsigned i = 0; i < certs->n; i++)
		room += certs->at[i].nnames;
	certs->names = calloc(room, sizeof *certs->names);
	if (certs->names == NULL)
		die("out of memory");
	for (unsigned i = 0; i < certs->n; i++)
		for (unsigned k = 0; k < certs->at[i].nnames; k++)
			certs->names[all++] = (struct certs_name){
				certs->at[i].names[k], certs->at[i].kind, i};
	qsort(certs->names, all, sizeof *certs->names, by_name);
	for (unsigned i = 0; i < all; i++) {
		struct certs_name *now = &certs->names[i];
		struct certs_name *last = certs->nnames
		    ? &certs->names[certs->nnames - 1] : NULL;
		if (last == NULL || last->kind != now->kind
		    || strcmp(last->name, now->name) != 0)
			certs->names[certs->nnames++] = *now;
		else if (last->at != now->at)
			say_twice(certs, last, now, c);
	}
}

static unsigned find_name(const struct certificates *certs, const char *name,
    unsigned found[CERTS_KINDS])
{
	unsigned low = 0, high = certs->nnames, n = 0;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (strcmp(certs->names[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < certs->nnames && n < CERTS_KINDS
	    && strcmp(certs->names[low].name, name) == 0; low++)
		found[n++] = certs->names[low].at;
	return n;
}

static void add_first(struct certificates *certs, unsigned at)
{
	for (unsigned i = 0; i < certs->nfirst; i++)
		if (certs->at[certs->first[i]].kind == certs->at[at].kind)
			return;
	certs->first[certs->nfirst++] = at;
}

/* Who has an RSA certificate beside one of EC has both for strangers, too. */
static void choose_first(struct certificates *certs)
{
	unsigned found[CERTS_KINDS];

	if (certs->n == 0)
		return;
	add_first(certs, 0);
	for (unsigned i = 0; i < certs->at[0].nnames; i++) {
		unsigned n = find_name(certs, certs->at[0].names[i], found);
		for (unsigned k = 0; k < n; k++)
			add_first(certs, found[k]);
	}
}

bool certs_read(const struct conf_tls *tls, struct certificates *certs,
    struct complaints *c)
{
	unsigned errors = c->errors;

	*certs = (struct certificates){0};
	for (unsigned i = 0; i < tls->ncertificates; i++)
		read_entry(&tls->certificates[i], certs, c);
	if (certs->n > CERTS_MOST)
		complain(c, NULL, "has more than %u certificates", CERTS_MOST);
	unite(certs);
	for (unsigned i = 0; i < certs->n; i++)
		leaf_judge(&certs->at[i], false, c);
	index_names(certs, c);
	choose_first(certs);
	if (certs->n == 0 && c->errors == errors)
		complain(c, NULL, "has no certificate to serve");
	return c->errors == errors;
}

bool certs_read_pool(const struct conf_pool_tls *tls,
    struct certificates *certs, struct complaints *c)
{
	const struct conf_certificate entry = {tls->cert, tls->key};
	unsigned errors = c->errors;

	*certs = (struct certificates){0};
	if (tls->cert == NULL)
		return true;
	read_entry(&entry, certs, c);
	if (certs->n > 1)
		complain(c, tls->cert, "has more than one certificate: "
		    "backends are shown one");
	for (unsigned i = 0; i < certs->n; i++)
		leaf_judge(&certs->at[i], true, c);
	return c->errors == errors;
}

bool certs_load(const struct conf_tls *tls, struct certificates *certs,
    FILE *to)
{
	struct complaints c = {.where = tls->where, .to = to};

	return certs_read(tls, certs, &c);
}

void certs_free(struct certificates *certs)
{
	for (unsigned i = 0; i < certs->n; i++)
		leaf_free(&certs->at[i]);
	free(certs->at);
	free(certs->names);
	*certs = (struct certificates){0};
}

unsigned certs_find(const struct certificates *certs, const char *name,
    unsigned found[CERTS_KINDS], bool *matched)
{
	const char *dot = name ? strchr(name, '.') : NULL;
	unsigned n = name && *name ? find_name(certs, name, found) : 0;

	/* A name is never looked up as if it were a pattern. */
	if (name && name[0] == '.')
		n = 0;
	else if (n == 0 && dot)
		n = find_name(certs, dot, found);
	*matched = n > 0;
	for (unsigned i = 0; n == 0 && i < certs->nfirst; i++)
		found[i] = certs->first[i];
	return n ? n : certs->nfirst;
}
