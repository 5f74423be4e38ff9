/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL needs for a listener: certificates, suites, who is let in. */
#include "gate/context.h"

#include <openssl/err.h>
#include <string.h>

#include "gate/identity.h"
#include "gate/secrets.h"
#include "gate/staple.h"
#include "gate/strength.h"
#include "gate/tickets.h"
#include "shm/session.h"

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
	    || c == '_';
}

/* Labels of 1 to 63 letters, digits, "-" and "_"; the last one is not a
 * number, or it would be an address. */
static bool is_name(const char *s, size_t n)
{
	bool number = true;
	size_t label = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			number = true;
		} else if (!is_of_name(s[i]) || ++label > 63) {
			return false;
		} else {
			number = number && s[i] >= '0' && s[i] <= '9';
		}
	}
	return label > 0 && !number;
}

unsigned context_server(const SSL *ssl, char *to)
{
	const char *s = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	size_t n = s ? strlen(s) : 0;

	to[0] = '\0';
	if (n > 1 && s[n - 1] == '.')
		n--;
	if (n == 0 || n >= SESSION_SERVER)
		return 0;
	for (size_t i = 0; i < n; i++)
		to[i] = ascii_lower(s[i]);
	to[n] = '\0';
	if (is_name(to, n))
		return (unsigned)n;
	to[0] = '\0';
	return 0;
}

/* ---- Which certificate ---- */

static bool use(SSL *ssl, const struct certificate *cert)
{
	return SSL_use_cert_and_key(ssl, cert->leaf, cert->key, cert->chain,
	    1) == 1;
}

static bool is_first(const struct certificates *certs, const unsigned *found,
    unsigned n)
{
	return n == certs->nfirst && memcmp(found, certs->first,
	    n * sizeof *found) == 0;
}

/* All that fit the name: which kind of key it is to be, the client's
 * signature algorithms decide. */
static int choose(SSL *ssl, void *arg)
{
	const struct context *c = arg;
	unsigned found[CERTS_KINDS];
	char name[SESSION_SERVER];
	bool matched;

	context_server(ssl, name);
	unsigned n = certs_find(&c->certs, name, found, &matched);
	if (is_first(&c->certs, found, n))
		return 1;
	SSL_certs_clear(ssl);
	for (unsigned i = 0; i < n; i++)
		if (!use(ssl, &c->certs.at[found[i]]))
			return 0;
	return 1;
}

static int refuse_strangers(SSL *ssl, int *alert, void *arg)
{
	const struct context *c = arg;
	unsigned found[CERTS_KINDS];
	char name[SESSION_SERVER];
	bool matched;

	context_server(ssl, name);
	certs_find(&c->certs, name, found, &matched);
	if (matched)
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- Which protocol ---- */

/* HTTP/1.1, if the client has it; else it may go on without: what it speaks
 * will be seen. */
static int agree_on_http(SSL *ssl, const unsigned char **to,
    unsigned char *nto, const unsigned char *offered, unsigned n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	return SSL_select_next_proto((unsigned char **)to, nto, ours,
	    sizeof ours - 1, offered, n) == OPENSSL_NPN_NEGOTIATED
	    ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* ---- All of it ---- */

static bool use_first(struct context *c, struct complaints *complaints)
{
	for (unsigned i = 0; i < c->certs.nfirst; i++) {
		const struct certificate *cert
		    = &c->certs.at[c->certs.first[i]];
		if (SSL_CTX_use_cert_and_key(c->ctx, cert->leaf, cert->key,
		    cert->chain, 1) == 1)
			continue;
		complain(complaints, cert->path, "cannot be used: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
		ERR_clear_error();
		return false;
	}
	return true;
}

static void set_calls(struct context *c)
{
	SSL_CTX_set_cert_cb(c->ctx, choose, c);
	SSL_CTX_set_alpn_select_cb(c->ctx, agree_on_http, NULL);
	if (c->listener->tls.strict_sni) {
		SSL_CTX_set_tlsext_servername_callback(c->ctx,
		    refuse_strangers);
		SSL_CTX_set_tlsext_servername_arg(c->ctx, c);
	}
}

bool context_read(struct context *c, const struct conf_listener *l,
    struct complaints *complaints)
{
	const struct conf_tls *tls = &l->tls;

	*c = (struct context){.listener = l};
	bool whole = certs_read(tls, &c->certs, complaints);
	c->ctx = SSL_CTX_new(TLS_server_method());
	if (c->ctx == NULL) {
		complain(complaints, NULL, "OpenSSL cannot begin");
		return false;
	}
	bool sound = strength_set(c->ctx, tls->min_version, tls->ciphers,
	    tls->groups, complaints);
	sound = sound && use_first(c, complaints);
	sound = identity_ask(c, complaints) && sound;
	sound = tickets_offer(c->ctx, tls->tickets) && sound;
	staple_read(c, complaints);
	set_calls(c);
	c->sound = secrets_listen(c->ctx) && sound;
	return c->sound && whole;
}

bool context_open(struct context *c, const struct conf_listener *l, FILE *to)
{
	char title[256];
	struct complaints complaints = {.where = l->tls.where, .title = title,
	    .to = to};

	snprintf(title, sizeof title, "listeners.%s.tls", l->name);
	return context_read(c, l, &complaints);
}

void context_close(struct context *c)
{
	SSL_CTX_free(c->ctx);
	c->ctx = NULL;
	staple_free(c);
	certs_free(&c->certs);
}
