/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the client is by its certificate, told to the backends. */
#include "gate/identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "shm/arrival.h"

#define DEPTH 10        /* of a client's chain */
#define NAMES_MOST 2000 /* bytes of our names, where fields follow */
#define TEXT_MOST 512   /* bytes of a subject */
#define SERIAL_MOST 32  /* bytes; lawful ones have 20 */

/* ---- Before the handshake ---- */

/* What it finds is looked at after the handshake. */
static int let_anybody_in(int fine, X509_STORE_CTX *store)
{
	(void)fine;
	(void)store;
	return 1;
}

static bool add_file(EVP_MD_CTX *md, const char *path)
{
	BIO *file = path ? BIO_new_file(path, "r") : NULL;
	char bytes[4096];
	int n = 0;

	if (path != NULL && file == NULL)
		return false;
	while (file && (n = BIO_read(file, bytes, sizeof bytes)) > 0)
		if (!EVP_DigestUpdate(md, bytes, (size_t)n))
			break;
	BIO_free(file);
	return n <= 0;
}

/* A session is resumed where it was made, or where the same is asked of
 * clients: verification, by the same authorities, and names. */
static bool set_session_place(SSL_CTX *ctx, const struct conf_tls *tls)
{
	const unsigned char what[] = {(unsigned char)tls->verify_client,
		tls->strict_sni};
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool fine = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL)
	    && EVP_DigestUpdate(md, what, sizeof what)
	    && add_file(md, tls->verify_client == VERIFY_NONE ? NULL
	    : tls->client_ca)
	    && EVP_DigestFinal_ex(md, hash, &n);

	EVP_MD_CTX_free(md);
	return fine && SSL_CTX_set_session_id_context(ctx, hash, n);
}

static bool trust(SSL_CTX *ctx, const char *path, struct complaints *c)
{
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);

	if (names == NULL || !SSL_CTX_load_verify_file(ctx, path)) {
		complain(c, path, "has no certificates of authorities: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		ERR_clear_error();
		return false;
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	return true;
}

/* The verdict on a session that is resumed is as old as the session: a client
 * whose certificate has ended since comes in by a handshake of its own. */
static bool has_ended(const X509 *cert)
{
	return X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0;
}

static SSL_TICKET_RETURN judge_ticket(SSL *ssl, SSL_SESSION *session,
    const unsigned char *name, size_t n, SSL_TICKET_STATUS status, void *arg)
{
	const X509 *cert = session ? SSL_SESSION_get0_peer(session) : NULL;

	(void)ssl;
	(void)name;
	(void)n;
	(void)arg;
	if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (cert && has_ended(cert))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS_RENEW
	    ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

static int any_session(SSL *ssl, void *arg)
{
	(void)ssl;
	(void)arg;
	return 1;
}

bool identity_ask(struct context *c, struct complaints *complaints)
{
	const struct conf_tls *tls = &c->listener->tls;
	int mode = SSL_VERIFY_PEER;

	if (!set_session_place(c->ctx, tls)) {
		complain(complaints, tls->client_ca, "cannot be read: %m");
		return false;
	}
	if (tls->verify_client == VERIFY_NONE)
		return true;
	if (tls->verify_client == VERIFY_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify_depth(c->ctx, DEPTH);
	SSL_CTX_set_verify(c->ctx, mode, tls->verify_client == VERIFY_REQUIRE
	    ? NULL : let_anybody_in);
	return SSL_CTX_set_session_ticket_cb(c->ctx, any_session,
	    judge_ticket, NULL) && trust(c->ctx, tls->client_ca, complaints);
}

/* ---- After it ---- */

enum session_verified identity_verified(const struct context *c, SSL *ssl)
{
	const X509 *cert = SSL_get0_peer_certificate(ssl);

	if (c->listener->tls.verify_client == VERIFY_NONE || cert == NULL)
		return SESSION_NO_CERTIFICATE;
	return SSL_get_verify_result(ssl) == X509_V_OK && !has_ended(cert)
	    ? SESSION_VERIFIED : SESSION_NOT_VERIFIED;
}

static void put_names(const struct certificate *cert, struct buf *b,
    size_t most)
{
	for (unsigned i = 0; i < cert->nnames; i++) {
		const char *name = cert->names[i];
		if (buf_length(b) + strlen(name) + 3 > most)
			break;
		if (i > 0)
			BUF_LIT(b, " ");
		if (name[0] == '.')
			BUF_LIT(b, "*");
		buf_str(b, name);
	}
	BUF_LIT(b, "\n");
}

/* Ours, by the name that the client asked for: which one of several kinds it
 * was shown, only a handshake that was not resumed could say. */
static void put_our_names(const struct context *c, SSL *ssl, struct buf *b,
    size_t most)
{
	unsigned found[CERTS_KINDS];
	char name[SESSION_SERVER];
	bool matched;

	context_server(ssl, name);
	if (certs_find(&c->certs, name, found, &matched) > 0)
		put_names(&c->certs.at[found[0]], b, most);
	else
		BUF_LIT(b, "\n");
}

/* A whole line, or nothing of it. */
static void put_field(struct buf *b, const char *name, const char *value,
    size_t n)
{
	if ((size_t)(b->end - b->at) < strlen(name) + n + 3)
		return;
	buf_str(b, name);
	BUF_LIT(b, ": ");
	buf_put(b, value, n);
	BUF_LIT(b, "\n");
}

static void put_name(struct buf *b, const char *field, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	/* bytes that are not printable ASCII come out as \xx */
	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
		long n = BIO_get_mem_data(bio, &text);
		if (n > 0 && n <= TEXT_MOST)
			put_field(b, field, text, (size_t)n);
	}
	BIO_free(bio);
}

static size_t to_hex(const unsigned char *p, size_t n, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[p[i] >> 4];
		to[2 * i + 1] = digits[p[i] & 15];
	}
	return 2 * n;
}

static void put_hex(struct buf *b, const char *field, const unsigned char *p,
    size_t n)
{
	char text[2 * EVP_MAX_MD_SIZE];

	put_field(b, field, text, to_hex(p, n, text));
}

static void put_serial(struct buf *b, const X509 *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	int n = ASN1_STRING_length(serial);

	if (n > 0 && n <= SERIAL_MOST)
		put_hex(b, "X-SSL-Client-Serial", ASN1_STRING_get0_data(serial),
		    (size_t)n);
}

static void put_fingerprint(struct buf *b, const X509 *cert)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n;

	if (X509_digest(cert, EVP_sha256(), hash, &n))
		put_hex(b, "X-SSL-Client-Fingerprint", hash, n);
}

static void put_end(struct buf *b, const X509 *cert)
{
	struct tm tm;
	char text[40];

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		put_field(b, "X-SSL-Client-Not-After", text, strftime(text,
		    sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm));
}

/* RFC 9440, 2.1: DER in base64, between colons. */
static void put_certificate(struct buf *b, X509 *cert)
{
	unsigned char der[ARRIVAL_FACTS], *p = der;
	char text[sizeof der / 3 * 4 + 8];
	int n = i2d_X509(cert, NULL);

	if (n <= 0 || (size_t)n > sizeof der || i2d_X509(cert, &p) != n)
		return;
	text[0] = ':';
	n = EVP_EncodeBlock((unsigned char *)text + 1, der, n);
	text[n + 1] = ':';
	put_field(b, "Client-Cert", text, (size_t)n + 2);
}

static void put_client(struct buf *b, X509 *cert)
{
	put_name(b, "X-SSL-Client-Subject", X509_get_subject_name(cert));
	put_name(b, "X-SSL-Client-Issuer", X509_get_issuer_name(cert));
	put_serial(b, cert);
	put_fingerprint(b, cert);
	put_end(b, cert);
	put_certificate(b, cert);
}

unsigned identity_facts(const struct context *c, SSL *ssl, char *to,
    size_t room)
{
	static const char *const words[] = {[SESSION_NO_CERTIFICATE] = "NONE",
		[SESSION_VERIFIED] = "SUCCESS",
		[SESSION_NOT_VERIFIED] = "FAILED"};
	const struct conf_tls *tls = &c->listener->tls;
	bool verifies = tls->verify_client != VERIFY_NONE;
	struct buf b;

	if (!verifies && !tls->strict_sni)
		return 0;
	buf_init(&b, to, room);
	put_our_names(c, ssl, &b, verifies ? NAMES_MOST : room);
	if (verifies) {
		enum session_verified v = identity_verified(c, ssl);
		put_field(&b, "X-SSL-Client-Verify", words[v],
		    strlen(words[v]));
		/* who it only says to be, is nobody */
		if (v == SESSION_VERIFIED)
			put_client(&b, SSL_get0_peer_certificate(ssl));
	}
	return (unsigned)buf_length(&b);
}
