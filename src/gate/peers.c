/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL needs for backends: whom we trust, and who we are. */
#include "gate/peers.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gate/certs.h"
#include "gate/complain.h"
#include "gate/doubts.h"
#include "gate/resume.h"
#include "gate/secrets.h"
#include "gate/strength.h"

static SSL_CTX **contexts; /* by pool */

static const char *reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	if (code && ERR_SYSTEM_ERROR(code))
		text = strerror(ERR_GET_REASON(code));
	return text ? text : "OpenSSL does not say why";
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool set_trust(SSL_CTX *ctx, const struct conf_pool_tls *tls,
    struct complaints *c)
{
	if (!tls->verify)
		return true;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, doubts_hear);
	if (tls->ca == NULL)
		return SSL_CTX_set_default_verify_paths(ctx);
	if (is_folder(tls->ca) ? SSL_CTX_load_verify_dir(ctx, tls->ca)
	    : SSL_CTX_load_verify_file(ctx, tls->ca))
		return true;
	complain(c, tls->ca, "has no certificates of authorities to read: %s",
	    reason());
	return false;
}

static bool set_own(SSL_CTX *ctx, const struct conf_pool_tls *tls,
    struct complaints *c)
{
	struct certificates own;
	bool fine = certs_read_pool(tls, &own, c);

	if (fine && own.n && SSL_CTX_use_cert_and_key(ctx, own.at[0].leaf,
	    own.at[0].key, own.at[0].chain, 1) != 1) {
		complain(c, tls->cert, "cannot be used: %s", reason());
		fine = false;
	}
	certs_free(&own);
	return fine;
}

static bool set_all(SSL_CTX *ctx, const struct conf_pool_tls *tls,
    struct complaints *c)
{
	static const unsigned char protocols[] = "\x08http/1.1";

	SSL_CTX_set_alpn_protos(ctx, protocols, sizeof protocols - 1);
	resume_listen(ctx);
	return secrets_listen(ctx) && strength_set(ctx, TLS1_2_VERSION, NULL,
	    NULL, c) && set_trust(ctx, tls, c) && set_own(ctx, tls, c);
}

SSL_CTX *peers_context(const struct conf_pool *pool, FILE *to)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char title[256];
	struct complaints c = {.where = pool->tls.where, .title = title,
	    .to = to};

	snprintf(title, sizeof title, "pools.%s.tls", pool->name);
	ERR_clear_error();
	if (ctx == NULL || !set_all(ctx, &pool->tls, &c)) {
		if (c.errors == 0)
			complain(&c, NULL, "%s", reason());
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	ERR_clear_error();
	return ctx;
}

static bool has_tls(const struct conf_pool *pool)
{
	bool any = pool->tls.on;

	for (unsigned i = 0; i < pool->nbackends; i++)
		any = any || pool->backends[i].tls;
	return any;
}

bool peers_open(const struct conf *conf, FILE *to)
{
	bool fine = true;

	contexts = calloc(conf->npools + 1, sizeof(SSL_CTX *));
	if (contexts == NULL)
		return false;
	for (unsigned i = 0; i < conf->npools; i++)
		if (has_tls(&conf->pools[i])) {
			contexts[i] = peers_context(&conf->pools[i], to);
			fine = fine && contexts[i] != NULL;
		}
	return fine;
}

/* For an address there is no SNI (RFC 6066, 3). */
static bool set_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, name))
		return true;
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, name, 0)
	    && SSL_set_tlsext_host_name(ssl, name);
}

SSL *peers_connect(const struct conf_backend *b, const char *server, size_t n,
    char why[ARRIVAL_WHY])
{
	SSL *ssl = contexts[b->pool] ? SSL_new(contexts[b->pool]) : NULL;
	char name[SESSION_SERVER] = "";

	why[0] = '\0';
	if (ssl == NULL)
		return NULL;
	memcpy(name, server, n < sizeof name - 1 ? n : sizeof name - 1);
	if (!doubts_attach(ssl, why) || (name[0] && !set_name(ssl, name))
	    || !resume_try(ssl, b->index, name)) {
		SSL_free(ssl);
		return NULL;
	}
	ERR_clear_error();
	return ssl;
}

bool peers_verify(const struct conf_backend *b)
{
	return contexts[b->pool] && SSL_CTX_get_verify_mode(contexts[b->pool])
	    != SSL_VERIFY_NONE;
}

/* OpenSSL takes a connection that is freed as it is for one that failed, and
 * its session for a bad one. */
void peers_leave(SSL *ssl)
{
	if (ssl == NULL)
		return;
	if (SSL_is_init_finished(ssl))
		SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN
		    | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
}
