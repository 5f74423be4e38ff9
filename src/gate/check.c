/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether gates will be able to work: certificates, keys, names of ciphers. */
#include "gate/check.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/certs.h"
#include "gate/complain.h"
#include "gate/context.h"
#include "gate/peers.h"
#include "roles.h"

#define TITLE 256

/* The text of a name that has neither tabs nor newlines in it. */
static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

/* Of the names as many as fit into the line. */
static void tell(const struct certificate *cert, const char *name, FILE *facts)
{
	char line[FACTS_LINE];
	char path[FACTS_LINE / 2];

	snprintf(path, sizeof path, "%s", cert->path);
	clean(path);
	size_t n = (size_t)snprintf(line, sizeof line,
	    "certificate\t%s\t%s\t%s\t%lld\t", name, path,
	    certs_kind_name(cert->kind), (long long)cert->ends);
	for (unsigned i = 0; i < cert->nnames && n < sizeof line; i++) {
		const char *host = cert->names[i];
		size_t more = strlen(host) + 2;
		if (n + more >= sizeof line)
			break;
		n += (size_t)snprintf(line + n, sizeof line - n, "%s%s%s",
		    i ? " " : "", host[0] == '.' ? "*" : "", host);
	}
	fprintf(facts, "%s\n", line);
}

static void tell_all(const struct certificates *certs, const char *name,
    FILE *facts)
{
	for (unsigned i = 0; facts && i < certs->n; i++)
		tell(&certs->at[i], name, facts);
}

static bool check_listener(const struct conf_listener *l, FILE *to,
    FILE *facts)
{
	char title[TITLE];
	struct complaints c = {.where = l->tls.where, .title = title, .to = to};
	struct context context;

	snprintf(title, sizeof title, "listeners.%s.tls", l->name);
	bool fine = context_read(&context, l, &c);
	tell_all(&context.certs, l->name, facts);
	context_close(&context);
	return fine;
}

static bool load(X509_STORE *store, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode)
	    ? X509_STORE_load_path(store, path) == 1
	    : X509_STORE_load_file(store, path) == 1;
}

/* A bundle of authorities may be larger than what has a key; or a folder. */
static void check_ca(const struct conf_pool_tls *tls, struct complaints *c)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL)
		die("out of memory");
	if (access(tls->ca, R_OK) != 0)
		complain(c, tls->ca, "cannot be read: %s", strerror(errno));
	else if (!load(store, tls->ca))
		complain(c, tls->ca, "has no certificate of an authority: "
		    "there should be one or more in PEM");
	ERR_clear_error();
	X509_STORE_free(store);
}

/* What else a gate would not begin with; warnings have been said. */
static bool can_begin(const struct conf_pool *p, FILE *to)
{
	char *text = NULL;
	size_t n = 0;
	FILE *kept = open_memstream(&text, &n);

	if (kept == NULL)
		die("out of memory");
	SSL_CTX *ctx = peers_context(p, kept);
	fclose(kept);
	if (ctx == NULL)
		fputs(text, to);
	free(text);
	SSL_CTX_free(ctx);
	return ctx != NULL;
}

static bool check_pool(const struct conf_pool *p, FILE *to, FILE *facts)
{
	char title[TITLE];
	struct complaints c = {.where = p->tls.where, .title = title, .to = to};
	struct certificates certs;

	snprintf(title, sizeof title, "pools.%s.tls", p->name);
	if (p->tls.ca)
		check_ca(&p->tls, &c);
	certs_read_pool(&p->tls, &certs, &c);
	tell_all(&certs, p->name, facts);
	certs_free(&certs);
	if (c.errors)
		return false;
	return can_begin(p, to);
}

static bool has_tls(const struct conf_pool *p)
{
	for (unsigned i = 0; i < p->nbackends; i++)
		if (p->backends[i].tls)
			return true;
	return p->tls.on;
}

bool check_tls(const struct conf *conf, FILE *to, FILE *facts)
{
	bool fine = true;

	for (unsigned i = 0; i < conf->nlisteners; i++)
		if (conf->listeners[i].tls.on)
			fine = check_listener(&conf->listeners[i], to, facts)
			    && fine;
	for (unsigned i = 0; i < conf->npools; i++)
		if (has_tls(&conf->pools[i]))
			fine = check_pool(&conf->pools[i], to, facts) && fine;
	return fine;
}
