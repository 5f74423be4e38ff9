/* SPDX-License-Identifier: BSD-2-Clause */
/* Stapling: what an authority said of a certificate (OCSP), shown with it. */
#include "gate/staple.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shm/session.h"

#define USUAL_LIFE (7 * 86400) /* of an answer that does not say */
#define SLACK 300              /* clocks of authorities may be ahead */

/* ---- Reading ---- */

static time_t time_of(const ASN1_GENERALIZEDTIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) ? timegm(&tm) : 0;
}

/* The part of the answer that is about this certificate. */
static OCSP_SINGLERESP *find_part(OCSP_BASICRESP *basic, const X509 *leaf)
{
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *part = OCSP_resp_get0(basic, i);
		ASN1_INTEGER *serial = NULL;
		OCSP_id_get0_info(NULL, NULL, NULL, &serial,
		    (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(part));
		if (serial && ASN1_INTEGER_cmp(serial,
		    X509_get0_serialNumber(leaf)) == 0)
			return part;
	}
	return NULL;
}

/* NULL, or why it is of no use. */
static const char *judge(OCSP_RESPONSE *answer, const X509 *leaf,
    struct staple *s)
{
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	OCSP_BASICRESP *basic;

	if (OCSP_response_status(answer) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return "is no answer, but says that there is none";
	basic = OCSP_response_get1_basic(answer);
	OCSP_SINGLERESP *part = basic ? find_part(basic, leaf) : NULL;
	if (part) {
		OCSP_single_get0_status(part, NULL, NULL, &from, &until);
		s->from = time_of(from) - SLACK;
		s->until = until ? time_of(until) : time_of(from) + USUAL_LIFE;
	}
	OCSP_BASICRESP_free(basic);
	if (part == NULL)
		return "is about another certificate";
	return s->until <= time(NULL) ? "is too old" : NULL;
}

static const char *parse(struct staple *s, const X509 *leaf)
{
	const unsigned char *p = s->der;
	OCSP_RESPONSE *answer = d2i_OCSP_RESPONSE(NULL, &p, (long)s->n);
	const char *why = answer == NULL || p != s->der + s->n
	    ? "is no answer of OCSP in DER" : judge(answer, leaf, s);

	OCSP_RESPONSE_free(answer);
	ERR_clear_error();
	return why;
}

static void forget(struct staple *s)
{
	free(s->der);
	*s = (struct staple){0};
}

/* NULL, or why there is none; "" if there is no such file. */
static const char *load(struct staple *s, const char *path)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return errno == ENOENT ? "" : strerror(errno);
	s->der = malloc(STAPLE_BYTES + 1);
	if (s->der)
		s->n = fread(s->der, 1, STAPLE_BYTES + 1, f);
	bool broken = ferror(f);
	fclose(f);
	return broken || s->der == NULL ? "cannot be read"
	    : s->n > STAPLE_BYTES ? "is too long for an answer of OCSP" : NULL;
}

static void read_one(struct staple *s, const struct certificate *cert,
    struct complaints *complaints)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s.ocsp", cert->path)
	    >= (int)sizeof path)
		return;
	const char *why = load(s, path);
	if (why == NULL)
		why = parse(s, cert->leaf);
	if (why == NULL)
		return;
	forget(s);
	if (*why)
		complain_mildly(complaints, path, "%s: it is not shown to "
		    "clients", why);
}

/* ---- Showing ---- */

/* Of those that fit the name, the one that the handshake has chosen. */
static const struct staple *find(const struct context *c, SSL *ssl)
{
	const X509 *leaf = SSL_get_certificate(ssl);
	unsigned found[CERTS_KINDS];
	char name[SESSION_SERVER];
	bool matched;

	context_server(ssl, name);
	unsigned n = certs_find(&c->certs, name, found, &matched);
	for (unsigned i = 0; i < n; i++)
		if (c->certs.at[found[i]].leaf == leaf)
			return &c->staples[found[i]];
	return NULL;
}

static int show(SSL *ssl, void *arg)
{
	const struct staple *s = find(arg, ssl);
	time_t now = time(NULL);

	if (s == NULL || s->der == NULL || now < s->from || now >= s->until)
		return SSL_TLSEXT_ERR_NOACK;
	unsigned char *copy = OPENSSL_memdup(s->der, s->n);
	if (copy == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)s->n);
	return SSL_TLSEXT_ERR_OK;
}

void staple_read(struct context *c, struct complaints *complaints)
{
	bool some = false;

	c->staples = calloc(c->certs.n + 1, sizeof *c->staples);
	if (c->staples == NULL)
		die("out of memory");
	for (unsigned i = 0; i < c->certs.n; i++) {
		read_one(&c->staples[i], &c->certs.at[i], complaints);
		some = some || c->staples[i].der;
	}
	if (!some)
		return;
	SSL_CTX_set_tlsext_status_cb(c->ctx, show);
	SSL_CTX_set_tlsext_status_arg(c->ctx, c);
}

void staple_free(struct context *c)
{
	for (unsigned i = 0; c->staples && i < c->certs.n; i++)
		forget(&c->staples[i]);
	free(c->staples);
	c->staples = NULL;
}
