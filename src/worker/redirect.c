/* SPDX-License-Identifier: BSD-2-Clause */
/* Redirects of whole listeners to https: redirect_https. */
#include "worker/redirect.h"

#include "worker/compose.h"
#include "worker/worker.h"

#define HTTPS_PORT 443

/* As the client wrote it and as others may read it: neither leads out. */
static bool is_challenge(const struct request *r)
{
	static const struct slice below = {"/.well-known/acme-challenge/", 28};

	return (r->head.method_id == METHOD_GET
	    || r->head.method_id == METHOD_HEAD)
	    && slice_starts(r->uri.path, below)
	    && slice_starts(r->path, below);
}

bool redirect_is_due(const struct request *r)
{
	return r->listener->redirect_https && !is_challenge(r)
	    && !slice_caseeq(compose_scheme_asked(r), SLICE("https"));
}

/* 0: the usual one. */
static uint16_t https_port(const struct conf *conf)
{
	uint16_t first = 0;

	for (unsigned i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *l = &conf->listeners[i];
		for (unsigned k = 0; l->tls.on && k < l->naddresses; k++) {
			uint16_t port = addr_port(&l->addresses[k]);
			if (port == HTTPS_PORT)
				return 0;
			first = first ? first : port;
		}
	}
	return first;
}

void redirect_put(struct buf *b, const struct request *r)
{
	uint16_t port = https_port(worker_conf);

	BUF_LIT(b, "https://");
	buf_slice(b, r->host);
	if (port) {
		BUF_LIT(b, ":");
		buf_u64(b, port);
	}
	if (r->uri.form == URI_ASTERISK || r->uri.path.n == 0
	    || r->uri.path.p[0] != '/')
		BUF_LIT(b, "/");
	else
		uri_put_path(b, r->uri.path);
	if (r->uri.query.n) {
		BUF_LIT(b, "?");
		uri_put_query(b, r->uri.query);
	}
}
